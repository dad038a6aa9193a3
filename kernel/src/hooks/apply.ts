import type { Graph } from "../graph/graph.js";
import { shareOf } from "../graph/point.js";
import type { Axis, HookPoint, Shard } from "../graph/point.js";
import type { Dim, Shape } from "../graph/shape.js";
import { concat } from "../graph/value.js";
import type { Value } from "../graph/value.js";
import type { Intervention } from "./intervention.js";
import { replay } from "./program.js";
import type { AxisSlice } from "./selector.js";

/** An intervention at one point, as the ranks get it; its tensors are fed under `key` when the graph runs. */
export interface PlacedEdit {
  readonly key: string;
  readonly point: string;
  readonly slices: readonly AxisSlice[];
  readonly intervention: Intervention | { readonly kind: "host" };
}

/** Names of the graph inputs that an edit reads: which entries are selected (1 or 0), and the tensor it was given. */
export const regionInput = (key: string): string => `${key}.region`;
export const givenInput = (key: string): string => `${key}.given`;
/** One at each row's own positions and zero at its padding, which no mean may count. */
export const validInput = (key: string): string => `${key}.valid`;

const tokenAxes: ReadonlySet<string> = new Set(["batch", "position", "query", "key"]);

/** Axes of a value along which padding lies keep their size; the others broadcast. */
export function validShape<Size extends Dim>(shape: readonly Size[], axes: readonly Axis[]): (Size | 1)[] {
  return shape.map((size, axis) => (tokenAxes.has(axes[axis]!) ? size : 1));
}

/**
 * Write an edit into the graph at its point. `x` is this rank's part of the value; entries outside the selected
 * region go on bit for bit. What mixes units that the ranks share (a mean, a projection, a traced function) is
 * computed on the whole value, which is gathered for it.
 */
export function applyEdit(x: Value, point: HookPoint, shard: Shard, edit: PlacedEdit): Value {
  const { key, intervention, slices } = edit;
  // What is selected of it is taken out where the value lies, on the rank.
  if (intervention.kind === "host") return x.graph.handOut(x, key, continued(x.graph));
  const isKept = intervention.kind === "keep";
  if (slices.length === 0) return isKept ? x : changed(x, point, shard, key, intervention);
  const region = x.graph.input(regionInput(key), "f32", regionShape(x.shape, slices)).above(0.5);
  return isKept ? x.where(region, x.zeros()) : changed(x, point, shard, key, intervention).where(region, x);
}

/** Name of the segment in which what the running one began goes on. */
const continued = (graph: Graph): string => `${graph.stretches[graph.segment]!.name}+`;

/** Sliced axes keep their size, and the batch too because rows end at different positions; the others broadcast. */
export function regionShape(shape: Shape, slices: readonly AxisSlice[]): Dim[] {
  const sliced = new Set([0, ...slices.map((s) => s.axis)]);
  return shape.map((size, axis) => (sliced.has(axis) ? size : 1));
}

function changed(x: Value, point: HookPoint, shard: Shard, key: string, intervention: Intervention): Value {
  switch (intervention.kind) {
    case "zero":
    case "keep":
      return x.zeros();
    case "scale":
      return x.mul(intervention.factor);
    case "add":
      return x.add(
        x.graph.input(givenInput(key), "f32", givenShape(x.shape, point, intervention.value.shape)),
      );
    case "set":
      return x
        .zeros()
        .add(x.graph.input(givenInput(key), "f32", givenShape(x.shape, point, intervention.value.shape)));
    case "mean": {
      const over = intervention.over.map((axis) => point.axes.indexOf(axis));
      const padded = over.filter((axis) => tokenAxes.has(point.axes[axis]!));
      const valid = x.graph.input(validInput(key), "f32", validShape(x.shape, point.axes));
      return onWhole(x, point, shard, (whole) => {
        const plain =
          over.length > padded.length
            ? whole.mean(
                over.filter((axis) => !padded.includes(axis)),
                true,
              )
            : whole;
        const average =
          padded.length > 0 ? plain.mul(valid).sum(padded, true).div(valid.sum(padded, true)) : plain;
        return whole.zeros().add(average);
      });
    }
    case "project": {
      const direction = x.graph.input(givenInput(key), "f32", [...intervention.direction.shape]);
      return onWhole(x, point, shard, (whole) => {
        const along = whole.mul(direction).sum([-1], true).mul(direction);
        return intervention.part === "along" ? along : whole.sub(along);
      });
    }
    case "traced":
      return onWhole(x, point, shard, (whole) => replay(intervention.program, whole));
  }
}

/**
 * Shape of this rank's part of a given tensor, aligned to the point's axes from the right: an axis of size one
 * broadcasts, any other has the size that the value has on it.
 */
export function givenShape(shape: Shape, point: HookPoint, given: readonly number[]): Dim[] {
  const skip = shape.length - given.length;
  if (skip < 0) throw new Error(`tensor of ${given.length} axes at ${point.name}, which has ${shape.length}`);
  return given.map((size, i) => (size === 1 ? 1 : shape[skip + i]!));
}

/** Gather the ranks' parts, compute on the whole on every rank, and go on with this rank's part of the result. */
function onWhole(x: Value, point: HookPoint, shard: Shard, f: (whole: Value) => Value): Value {
  if (point.partition.kind !== "split" || shard.size === 1) return f(x);
  const { axis } = point.partition;
  const total = point.shape[axis] as number;
  const { from, to } = shareOf(total, shard);
  const { graph } = x;

  // Zeros where the other ranks' units lie: the sum over ranks is then the whole, and nothing else is needed.
  const empty = (units: number): Value[] =>
    units === 0 ? [] : [x.slice(axis, 0, 1).zeros().expand(axis, units)];
  const padded = concat([...empty(from), x, ...empty(total - to)], axis);
  const whole = graph.sumOverRanks(padded, continued(graph));
  return graph.spread(f(whole)).slice(axis, from, to);
}

import { gatherUnits, gatherWhole, ownPart, ownUnits } from "../graph/gather.js";
import type { Axis, HookPoint, Place } from "../graph/point.js";
import type { Dim, Shape } from "../graph/shape.js";
import type { Value } from "../graph/value.js";
import { tokenAxes } from "./indexLists.js";
import type { Intervention } from "./intervention.js";
import { replay, type Program } from "./program.js";
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

/** One at each row's tokens, with those it goes on from, and zero at its padding, along the keys of attention. */
export const keysInput = "keys";

/** Axes on which it depends where padding lies: rows have it at different tokens. */
const paddedAxes: ReadonlySet<Axis> = new Set(["batch", ...tokenAxes]);

/** Shape of what says where the padding of a value lies: axes on which that depends keep their size, the others broadcast. */
export function validShape<Size extends Dim>(shape: readonly Size[], axes: readonly Axis[]): (Size | 1)[] {
  return shape.map((size, axis) => (paddedAxes.has(axes[axis]!) ? size : 1));
}

/**
 * Write an edit into the graph at its point. `x` is this rank's part of the value; entries outside the selected
 * region go on bit for bit. What mixes units or rows that the ranks share (a mean, a projection, a traced function)
 * is computed on the whole value, which is gathered for it. Padding gets no attention, whatever an edit writes there.
 */
export function applyEdit(x: Value, point: HookPoint, place: Place, edit: PlacedEdit): Value {
  const edited = selectedChanged(x, point, place, edit);
  if (edited === x || !point.axes.includes("key")) return edited;
  const shape = x.shape.map((size, i) => (["batch", "key"].includes(point.axes[i]!) ? size : 1));
  return edited.where(x.graph.feed(keysInput, "f32", shape).above(0.5), x);
}

/**
 * Write an edit of a gradient into the graph. Padding has no gradient, whatever an edit writes there: from there it would
 * reach the tokens that padding looks at, and the weights.
 */
export function applyGradientEdit(dx: Value, point: HookPoint, place: Place, edit: PlacedEdit): Value {
  const edited = applyEdit(dx, point, place, edit);
  const at = point.axes.findIndex((axis) => axis === "position" || axis === "query");
  if (edited === dx || at < 0 || !writesAnywhere.has(edit.intervention.kind)) return edited;
  const { graph, shape } = dx;
  const keys = graph.feed(keysInput, "f32", [shape[0]!, 1, 1, "position"]);
  const tokens = keys.reshape(...shape.map((_, i) => (i === 0 ? shape[0]! : i === at ? "position" : 1)));
  // Of logits positions are selected, all of them where their gradient is edited.
  const named = shape.map((size, i) => (i === 0 || i === at ? size : 1));
  const own = shape[at] === "position" ? tokens : graph.apply("Identity", [tokens], tokens.dtype, named);
  return edited.where(own.above(0.5), dx);
}

/** Kinds of edits that make something of nothing. */
const writesAnywhere: ReadonlySet<string> = new Set(["add", "set", "mean", "traced", "host"]);

function selectedChanged(x: Value, point: HookPoint, place: Place, edit: PlacedEdit): Value {
  const { key, intervention, slices } = edit;
  // What is selected of it is taken out where the value lies, on the rank.
  if (intervention.kind === "host") return x.graph.handOut(x, key, x.graph.continued);
  const isKept = intervention.kind === "keep";
  if (slices.length === 0) return isKept ? x : changed(x, point, place, key, intervention);
  const other = isKept ? x.zeros() : changed(x, point, place, key, intervention);
  // Made where it is used, which may be behind a meeting of the ranks: what is true or false leaves no segment.
  const region = x.graph.input(regionInput(key), "f32", regionShape(x.shape, slices)).above(0.5);
  return isKept ? x.where(region, other) : other.where(region, x);
}

/** Sliced axes keep their size, and the batch too because rows end at different positions; the others broadcast. */
function regionShape(shape: Shape, slices: readonly AxisSlice[]): Dim[] {
  const sliced = new Set([0, ...slices.map((s) => s.axis)]);
  return shape.map((size, axis) => (sliced.has(axis) ? size : 1));
}

/** Whether an edit reads rows together, so that the replicas must meet for it. A traced function may. */
export function mixesRows(
  change: Pick<PlacedEdit["intervention"], "kind"> & { readonly over?: readonly Axis[] },
): boolean {
  return change.kind === "traced" || (change.kind === "mean" && change.over?.includes("batch") === true);
}

/** Whether an edit asks what is padding. */
export function readsValid(change: { readonly kind: string; readonly program?: Program }): boolean {
  return change.kind === "mean" || change.program?.inputs.some(({ name }) => name === "valid") === true;
}

function changed(x: Value, point: HookPoint, place: Place, key: string, intervention: Intervention): Value {
  switch (intervention.kind) {
    case "zero":
    case "keep":
      return x.zeros();
    case "scale":
      return x.mul(x.graph.input(givenInput(key), "f32", [1]));
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
      const padded = over.filter((axis) => paddedAxes.has(point.axes[axis]!));
      return onWhole(x, point, place, intervention, (whole) => {
        const valid = x.graph.input(validInput(key), "f32", validShape(whole.shape, point.axes));
        const plain =
          over.length > padded.length
            ? whole.mean(
                over.filter((axis) => !padded.includes(axis)),
                true,
              )
            : whole;
        if (padded.length === 0) return whole.zeros().add(plain);
        // A query that is padding has no keys to divide by.
        const count = valid.sum(padded, true);
        const divisor = count.where(count.above(0.5), count.zeros().add(1));
        return whole.zeros().add(plain.mul(valid).sum(padded, true).div(divisor));
      });
    }
    case "project": {
      const direction = x.graph.input(givenInput(key), "f32", [...intervention.direction.shape]);
      return onWhole(x, point, place, intervention, (whole) => {
        const along = whole.mul(direction).sum([-1], true).mul(direction);
        return intervention.part === "along" ? along : whole.sub(along);
      });
    }
    case "traced":
      return onWhole(
        x,
        point,
        place,
        intervention,
        (whole) =>
          replay(intervention.program, x.graph, {
            x: whole,
            ...(readsValid(intervention) && {
              valid: x.graph.input(validInput(key), "f32", validShape(whole.shape, point.axes)),
            }),
          })["y"]!,
      );
  }
}

/**
 * Shape of this rank's part of a given tensor, aligned to the point's axes from the right: an axis of size one
 * broadcasts, any other has the size that the value has on it.
 */
function givenShape(shape: Shape, point: HookPoint, given: readonly number[]): Dim[] {
  const skip = shape.length - given.length;
  if (skip < 0) throw new Error(`tensor of ${given.length} axes at ${point.name}, which has ${shape.length}`);
  return given.map((size, i) => (size === 1 ? 1 : shape[skip + i]!));
}

/** Gather what the change reads together, compute on that on every rank, and go on with this rank's part of the result. */
function onWhole(
  x: Value,
  point: HookPoint,
  place: Place,
  change: Intervention,
  f: (whole: Value) => Value,
): Value {
  if (mixesRows(change)) return ownPart(f(gatherWhole(x, point, place)), point, place);
  return ownUnits(f(gatherUnits(x, point, place.tensor)), point, place.tensor);
}

import { shareOf } from "../graph/point.js";
import type { HookPoint, Shard } from "../graph/point.js";
import type { PlacedPoint } from "../graph/graph.js";
import type { Dim, Shape } from "../graph/shape.js";
import type { Value } from "../graph/value.js";
import { gatherWhole, ownPart } from "../graph/gather.js";
import type { Blueprint } from "./architecture.js";
import type { Trace } from "./trace.js";

/** Values computed from a run's logits and hook points, where the logits are: a loss, log-probabilities, a lens. */
export interface Readout {
  /** Hook points that it reads beside the logits, also those of earlier stages. */
  readonly reads: readonly HookPoint[];
  /** What the batch and the positions of this run are; it is written for these sizes. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Writes it down, given whole values by point name and the model's own final norm and head. */
  readonly compute: (
    graph: Trace["graph"],
    values: ReadonlyMap<string, Value>,
    unembed: (x: Value) => Value,
  ) => Readonly<Record<string, Value>>;
}

/** Name under which a stage is fed what the readout reads of an earlier stage. */
export function readInput(point: string): string {
  return `read.${point}`;
}

/** Name under which a value that the readout returns is handed out. */
export function readoutPoint(name: string): string {
  return `readout.${name}`;
}

/** Write a readout behind the head of the last stage. Returns its values by name, whole on every rank. */
export function traceReadout(t: Trace, blueprint: Blueprint, readout: Readout): Record<string, Value> {
  const { graph, place } = t;
  t.begin("readout");
  const own = new Map(graph.points.map((placed) => [placed.point.name, placed]));
  const logits = own.get("logits") as PlacedPoint;
  const read = readout.reads.map((point) => ({
    point,
    value:
      own.get(point.name)?.value ?? graph.feed(readInput(point.name), "f32", partShape(point, place.tensor)),
  }));
  const values = new Map<string, Value>();
  for (const { point, value } of [logits, ...read])
    values.set(point.name, bound(gatherWhole(value, point, place), readout.sizes));

  const head = t.muted();
  // Each replica does its own rows, so that the head's weights get no gradient twice.
  const unembed = (x: Value): Value => {
    const part = blueprint.unembed(
      head,
      ownPart(x, { ...logits.point, partition: { kind: "whole" } }, place),
    );
    return bound(gatherWhole(part, logits.point, place), readout.sizes);
  };
  const results = readout.compute(graph, values, unembed);
  return Object.fromEntries(
    Object.entries(results).map(([name, value]) => {
      const point: HookPoint = {
        name: readoutPoint(name),
        aliases: [],
        axes: value.shape.map(() => "unit"),
        shape: value.shape,
        partition: { kind: "whole" },
        layer: undefined,
      };
      return [name, graph.point(value, point)];
    }),
  );
}

/** The shape of this rank's part of a point. */
function partShape({ shape, partition }: HookPoint, shard: Shard): Shape {
  if (partition.kind !== "split") return shape;
  return shape.map((size, axis): Dim => {
    if (axis !== partition.axis) return size;
    const { from, to } = shareOf(size as number, shard);
    return to - from;
  });
}

/** The same value, its symbols replaced by the sizes that they have in this run. */
function bound(x: Value, sizes: Readonly<Record<string, number>>): Value {
  const shape = x.shape.map((size) => (typeof size === "string" ? (sizes[size] ?? size) : size));
  return x.graph.apply("Identity", [x], x.dtype, shape);
}

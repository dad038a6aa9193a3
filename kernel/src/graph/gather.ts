import { shareOf } from "./point.js";
import type { HookPoint, Place, Shard } from "./point.js";
import type { RankGroup } from "./graph.js";
import { concat } from "./value.js";
import type { Value } from "./value.js";

/** Size of the batch of all replicas; `batch` is the rank's own. */
export const allRows = "rows";

/** Graph inputs of a gathering of rows: for each row of the batch where it lies here, and whether it does; and which are ours. */
export const rowInputs = { place: "rows.place", held: "rows.held", own: "rows.own" } as const;

/**
 * The whole value on every rank: the units that tensor ranks hold are gathered, then the rows that replicas hold. All of
 * them must come here, so that none waits in vain.
 *
 * Going backward, what every rank computes alike from the whole, a loss say, has one cotangent, of which each rank gets
 * that of its own part: nothing is to be added up. Gradients of weights are: each replica has those of its rows.
 */
export function gatherWhole(x: Value, point: HookPoint, place: Place): Value {
  return gatherRows(gatherUnits(x, point, place.tensor), place.data);
}

/** This rank's part of a whole value that every rank has; going backward, the parts are whole again. */
export function ownPart(y: Value, point: HookPoint, place: Place): Value {
  return ownUnits(ownRows(y, place.data), point, place.tensor);
}

/** The units of all tensor ranks, of this rank's rows. */
export function gatherUnits(x: Value, point: HookPoint, shard: Shard): Value {
  if (point.partition.kind !== "split" || shard.size === 1) return x;
  const { axis } = point.partition;
  const total = point.shape[axis] as number;
  const { from, to } = shareOf(total, shard);
  // Zeros where the other ranks' units lie: the sum over ranks is then the whole, and nothing else is needed.
  const empty = (units: number): Value[] =>
    units === 0 ? [] : [x.slice(axis, 0, 1).zeros().expand(axis, units)];
  return addUp(concat([...empty(from), x, ...empty(total - to)], axis), "tensor");
}

export function ownUnits(y: Value, point: HookPoint, shard: Shard): Value {
  if (point.partition.kind !== "split" || shard.size === 1) return y;
  const { from, to } = shareOf(point.shape[point.partition.axis] as number, shard);
  return y.graph.spread(y, "tensor").slice(point.partition.axis, from, to);
}

/** The rows of all replicas, `[rows, …]`. How many there are only the run knows, so that their places are fed. */
function gatherRows(x: Value, data: Shard): Value {
  if (data.size === 1) return x;
  const { graph } = x;
  const placed = x.gather(graph.feed(rowInputs.place, "i64", [allRows]));
  let held = graph.feed(rowInputs.held, "f32", [allRows]);
  for (let axis = 1; axis < x.shape.length; axis++) held = held.unsqueeze(axis);
  return addUp(placed.where(held.above(0.5), placed.zeros()), "data");
}

function ownRows(y: Value, data: Shard): Value {
  if (data.size === 1) return y;
  return y.graph.spread(y, "data").gather(y.graph.feed(rowInputs.own, "i64", ["batch"]));
}

function addUp(padded: Value, over: RankGroup): Value {
  return padded.graph.sumOverRanks(padded, padded.graph.continued, over);
}

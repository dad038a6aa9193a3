import { shareOf } from "../graph/point.js";
import type { Axis, HookPoint, Shard } from "../graph/point.js";
import { givenInput, regionInput, validInput, validShape } from "./apply.js";
import type { PlacedEdit } from "./apply.js";
import type { Dense } from "./slice.js";
import { indexLists } from "./slice.js";

/** What a rank knows of a run when it feeds its edits. */
export interface RankRun {
  readonly lengths: readonly number[];
  readonly positions: number;
  readonly shard: Shard;
}

/** The tensors that an edit's graph reads on this rank: the selected region, and its part of the given tensor. */
export function editFeeds(edit: PlacedEdit, point: HookPoint, run: RankRun): Map<string, Dense> {
  const feeds = new Map<string, Dense>();
  const { intervention, slices, key } = edit;
  if (intervention.kind === "host") return feeds;
  const held = heldPart(point, run.shard);
  if (slices.length > 0) feeds.set(regionInput(key), region(edit, point, run, held));
  if (intervention.kind === "add" || intervention.kind === "set") {
    feeds.set(
      givenInput(key),
      held ? ownPart(intervention.value, point.axes.length, held) : intervention.value,
    );
  }
  if (intervention.kind === "mean") feeds.set(validInput(key), valid(point, run, intervention.over));
  if (intervention.kind === "project") feeds.set(givenInput(key), intervention.direction);
  return feeds;
}

interface Held {
  readonly axis: number;
  readonly start: number;
  readonly size: number;
  readonly whole: number;
}

function heldPart(point: HookPoint, shard: Shard): Held | undefined {
  if (point.partition.kind !== "split" || shard.size === 1) return undefined;
  const { axis } = point.partition;
  const whole = point.shape[axis] as number;
  const { from, to } = shareOf(whole, shard);
  return { axis, start: from, size: to - from, whole };
}

const positional: ReadonlySet<Axis> = new Set(["position", "query", "key"]);

/**
 * One where all of an entry's token axes lie within its row. A row without tokens counts for nobody else; a mean
 * within each row takes its padding, so that the row has a number at all.
 */
function valid(point: HookPoint, { lengths: own, positions }: RankRun, over: readonly Axis[]): Dense {
  const lengths = over.includes("batch") ? own : own.map((length) => Math.max(length, 1));
  const whole = point.shape.map((size) =>
    typeof size === "number" ? size : size === "batch" ? lengths.length : positions,
  );
  const shape = validShape(whole, point.axes);
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  const size = data.length / lengths.length;
  data.forEach((_, i) => {
    let rest = i % size;
    let inside = true;
    for (let axis = shape.length - 1; axis > 0; axis--) {
      const entry = rest % shape[axis]!;
      rest = (rest - entry) / shape[axis]!;
      if (positional.has(point.axes[axis]!) && entry >= lengths[Math.floor(i / size)]!) inside = false;
    }
    data[i] = inside ? 1 : 0;
  });
  return { shape, data };
}

/** One where an entry is selected: the batch and the sliced axes in full, one entry along the others. */
function region(edit: PlacedEdit, point: HookPoint, run: RankRun, held: Held | undefined): Dense {
  const local = point.shape.map((size, axis) => {
    if (held && axis === held.axis) return held.size;
    return typeof size === "number" ? size : size === "batch" ? run.lengths.length : run.positions;
  });
  const sliced = new Set([0, ...edit.slices.map((s) => s.axis)]);
  const shape = local.map((size, axis) => (sliced.has(axis) ? size : 1));
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  // An empty row is all padding; whoever counts from its end means its one column.
  const lengths = run.lengths.map((length) => Math.max(length, 1));
  const context = { axes: point.axes, lengths, ...(held && { held }) };
  for (let row = 0; row < run.lengths.length; row++) {
    const lists = indexLists(local, edit.slices, context, row);
    if (!lists[0]!.includes(row)) continue;
    const mark = (axis: number, offset: number): void => {
      if (axis === shape.length) {
        data[offset] = 1;
        return;
      }
      const entries = shape[axis] === 1 && !sliced.has(axis) ? [0] : lists[axis]!;
      for (const entry of entries) mark(axis + 1, offset * shape[axis]! + entry);
    };
    mark(1, row);
  }
  return { shape, data };
}

/** The part of a given tensor that belongs to this rank's units; one that broadcasts over them is everybody's. */
function ownPart(given: Dense, axes: number, held: Held): Dense {
  const axis = held.axis - (axes - given.shape.length);
  if (axis < 0 || given.shape[axis] === 1) return given;
  const outer = given.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const inner = given.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const data = new Float32Array(outer * held.size * inner);
  for (let block = 0; block < outer; block++) {
    const from = (block * held.whole + held.start) * inner;
    data.set(given.data.subarray(from, from + held.size * inner), block * held.size * inner);
  }
  return { shape: given.shape.map((size, i) => (i === axis ? held.size : size)), data };
}

import { rowInputs } from "../graph/gather.js";
import { shareOf } from "../graph/point.js";
import type { Axis, HookPoint, Shard } from "../graph/point.js";
import { elementCount } from "../graph/rowMajor.js";
import type { Tensor } from "../graph/tensor.js";
import { givenInput, mixesRows, readsValid, regionInput, validInput, validShape } from "./apply.js";
import type { PlacedEdit } from "./apply.js";
import { indexLists, type Held } from "./indexLists.js";
import type { Dense } from "./slice.js";

/** What a rank knows of a run when it feeds its edits. */
export interface RankRun {
  /** Tokens of each row of the whole batch. */
  readonly lengths: readonly number[];
  readonly positions: number;
  readonly shard: Shard;
  /** The rows that the rank runs, and whether they are its own to tell. */
  readonly rows: { readonly from: number; readonly to: number; readonly tells: boolean };
}

/** What a gathering of rows reads on this rank: where it has each row of the batch, and where the batch has each of its. */
export function rowFeeds({ lengths, rows: { from, to, tells } }: RankRun): Map<string, Tensor> {
  const isHeld = lengths.map((_, row) => tells && row >= from && row < to);
  const place = isHeld.map((held, row) => BigInt(held ? row - from : 0));
  const own = Array.from({ length: to - from }, (_, row) => BigInt(from + row));
  const data = Float32Array.from(isHeld, Number);
  return new Map<string, Tensor>([
    [rowInputs.place, { dtype: "i64", shape: [place.length], data: BigInt64Array.from(place) }],
    [rowInputs.held, { dtype: "f32", shape: [data.length], data }],
    [rowInputs.own, { dtype: "i64", shape: [own.length], data: BigInt64Array.from(own) }],
  ]);
}

/** The tensors that an edit's graph reads on this rank: the selected region, and its part of the given tensor. */
export function editFeeds(edit: PlacedEdit, point: HookPoint, run: RankRun): Map<string, Dense> {
  const feeds = new Map<string, Dense>();
  const { intervention, slices, key } = edit;
  if (intervention.kind === "host") return feeds;
  const held = heldParts(point, run);
  if (slices.length > 0) feeds.set(regionInput(key), region(edit, point, run, held));
  if (intervention.kind === "add" || intervention.kind === "set") {
    const { value } = intervention;
    const own = held.reduce((given: Dense, part) => ownPart(given, point.axes.length, part), value);
    feeds.set(givenInput(key), own);
  }
  if (readsValid(intervention)) {
    const { from, to } = run.rows;
    // A row without tokens counts for nobody else; a mean within each row takes its padding, to be a number at all.
    const lengths = mixesRows(intervention)
      ? run.lengths
      : run.lengths.slice(from, to).map((length) => Math.max(length, 1));
    feeds.set(validInput(key), valid(point, lengths, run.positions));
  }
  if (intervention.kind === "scale")
    feeds.set(givenInput(key), { shape: [1], data: Float32Array.of(intervention.factor) });
  if (intervention.kind === "project") feeds.set(givenInput(key), intervention.direction);
  return feeds;
}

type HeldPart = Held & { readonly size: number };

/** The rank's part of each axis that is shared: of the batch by replicas, of one other axis by tensor ranks. */
export function heldParts(
  { partition, shape }: HookPoint,
  { shard, rows: { from, to }, lengths }: Pick<RankRun, "shard" | "rows" | "lengths">,
): HeldPart[] {
  const parts: HeldPart[] = [];
  if (to - from < lengths.length)
    parts.push({ axis: 0, start: from, size: to - from, whole: lengths.length });
  if (partition.kind === "split" && shard.size > 1) {
    const whole = shape[partition.axis] as number;
    const units = shareOf(whole, shard);
    parts.push({ axis: partition.axis, start: units.from, size: units.to - units.from, whole });
  }
  return parts;
}

const positional: ReadonlySet<Axis> = new Set(["position", "query", "key"]);

/** One where all of an entry's token axes lie within its row. */
function valid(point: HookPoint, lengths: readonly number[], positions: number): Dense {
  const whole = point.shape.map((size) =>
    typeof size === "number" ? size : size === "batch" ? lengths.length : positions,
  );
  const shape = validShape(whole, point.axes);
  const data = new Float32Array(elementCount(shape));
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
function region(edit: PlacedEdit, point: HookPoint, run: RankRun, held: readonly HeldPart[]): Dense {
  const local = point.shape.map((size, axis) => {
    const part = held.find((each) => each.axis === axis);
    if (part) return part.size;
    return typeof size === "number" ? size : size === "batch" ? run.lengths.length : run.positions;
  });
  const sliced = new Set([0, ...edit.slices.map((s) => s.axis)]);
  const shape = local.map((size, axis) => (sliced.has(axis) ? size : 1));
  const data = new Float32Array(elementCount(shape));
  // An empty row is all padding; whoever counts from its end means its one column.
  const lengths = run.lengths.map((length) => Math.max(length, 1));
  const context = { axes: point.axes, lengths, held };
  for (let row = 0; row < local[0]!; row++) {
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

/** The part of a given tensor that belongs to this rank's units or rows; one that broadcasts over them is everybody's. */
function ownPart(given: Dense, axes: number, held: HeldPart): Dense {
  const axis = held.axis - (axes - given.shape.length);
  if (axis < 0 || given.shape[axis] === 1) return given;
  const outer = elementCount(given.shape.slice(0, axis));
  const inner = elementCount(given.shape.slice(axis + 1));
  const data = new Float32Array(outer * held.size * inner);
  for (let block = 0; block < outer; block++) {
    const from = (block * held.whole + held.start) * inner;
    data.set(given.data.subarray(from, from + held.size * inner), block * held.size * inner);
  }
  return { shape: given.shape.map((size, i) => (i === axis ? held.size : size)), data };
}

import type { Axis } from "../graph/point.js";
import type { AxisSlice, Entries } from "./selector.js";

/** A dense float32 array, row-major. */
export interface Dense {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Where a rank's part of a shared axis lies in the whole. */
export interface Held {
  readonly axis: number;
  readonly start: number;
  readonly whole: number;
}

/** What slicing must know of the run: the axes' meaning and the length of each row of the whole batch, in tokens. */
export interface SliceContext {
  readonly axes: readonly Axis[];
  readonly lengths: readonly number[];
  /** The parts of shared axes that `dense` holds: entries [start, start + its size) of `whole`. */
  readonly held?: readonly Held[];
}

const tokenAxes: ReadonlySet<Axis> = new Set(["position", "query", "key"]);

/**
 * The wanted part of a value, or of the shard of it that this rank holds; undefined when the shard holds none of
 * it. Negative indices on token axes count from the end of each row itself, not of its padding; a range that is open at
 * its end goes on, as the whole value does, through the padding of shorter rows.
 * Throws one line when an index is outside of a row, or when rows of different lengths would give different sizes.
 */
export function sliceDense(
  dense: Dense,
  slices: readonly AxisSlice[],
  context: SliceContext,
): Dense | undefined {
  if (slices.length === 0) return dense;
  const { shape, rows } = partOf(dense.shape, slices, context);
  if (shape.includes(0)) return undefined;
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  forEachStretch(dense.shape, rows, (at, from, length) =>
    data.set(dense.data.subarray(at, at + length), from),
  );
  return { data, shape };
}

/** A copy of `dense` with the wanted part, as `sliceDense` gives it, replaced. */
export function replaceSlice(
  dense: Dense,
  part: Dense,
  slices: readonly AxisSlice[],
  context: SliceContext,
): Dense {
  const { rows } = partOf(dense.shape, slices, context);
  const data = dense.data.slice();
  forEachStretch(dense.shape, rows, (at, from, length) =>
    data.set(part.data.subarray(from, from + length), at),
  );
  return { data, shape: dense.shape };
}

/** Shape of the wanted part, and which rows and which entries of the other axes it consists of. */
function partOf(whole: readonly number[], slices: readonly AxisSlice[], context: SliceContext) {
  const perRow = Array.from({ length: whole[0]! }, (_, row) => indexLists(whole, slices, context, row));
  const isBatchSliced = slices.some((s) => s.axis === 0 && context.axes[0] === "batch");
  const chosen = isBatchSliced ? perRow[0]![0]! : perRow.map((_, row) => row);
  const first = perRow[chosen[0] ?? 0]!;
  const shape = whole.map((_, axis) => (axis === 0 ? chosen.length : first[axis]!.length));
  return { shape, rows: chosen.map((row) => ({ row, lists: perRow[row]!.slice(1) })) };
}

/** Shape that `sliceDense` gives for a whole value of `shape`. */
export function slicedShape(
  shape: readonly number[],
  slices: readonly AxisSlice[],
  context: SliceContext,
): number[] {
  if (slices.length === 0) return [...shape];
  const lists = context.lengths.map((_, row) => indexLists(shape, slices, context, row));
  const isBatchSliced = slices.some((s) => s.axis === 0);
  const first = lists[isBatchSliced ? (lists[0]![0]![0] ?? 0) : 0]!;
  return shape.map((size, axis) => (axis === 0 && !isBatchSliced ? size : first[axis]!.length));
}

/**
 * For each axis of a row of the held part, which of its entries are wanted: of a row that is not wanted none beside the
 * rows. Throws as `sliceDense` does.
 */
export function indexLists(
  shape: readonly number[],
  slices: readonly AxisSlice[],
  context: SliceContext,
  row: number,
): number[][] {
  const isBatch = context.axes[0] === "batch";
  const rows = isBatch ? indices(shape, slices, context, row, 0) : range(0, shape[0]!);
  const isWanted = !isBatch || rows.includes(row);
  return shape.map((_, axis) => {
    if (axis === 0 && isBatch) return rows;
    return isWanted ? indices(shape, slices, context, row, axis) : [];
  });
}

function indices(
  shape: readonly number[],
  slices: readonly AxisSlice[],
  context: SliceContext,
  row: number,
  axis: number,
): number[] {
  const absolute = row + (heldOf(context, 0)?.start ?? 0);
  const length = context.lengths[absolute]!;
  const size = shape[axis]!;
  const entries = slices.find((s) => s.axis === axis)?.entries;
  if (!entries) return range(0, size);
  const held = heldOf(context, axis);
  const whole = held?.whole ?? size;
  const start = held?.start ?? 0;
  const isToken = tokenAxes.has(context.axes[axis]!);
  const end = isToken ? length : whole;
  if (isToken) checkEqualSizes(entries, context.lengths, whole);
  const there = isToken && length < whole ? `${end} tokens of row ${absolute}` : `${end} there are`;
  return wanted(entries, { end, whole, there, axis: context.axes[axis]! })
    .filter((i) => i >= start && i < start + size)
    .map((i) => i - start);
}

function heldOf({ held }: SliceContext, axis: number): Held | undefined {
  return held?.find((part) => part.axis === axis);
}

/** @param of where the row ends, where the axis does with its padding, and how an error calls what there is */
function wanted(
  entries: Entries,
  of: { readonly end: number; readonly whole: number; readonly there: string; readonly axis: Axis },
): number[] {
  const { end, whole, there, axis } = of;
  const absolute = (i: number) => (i < 0 ? i + end : i);
  if (entries.kind === "range") {
    const from = absolute(entries.from ?? 0);
    const isOpen = entries.to === null;
    const to = isOpen ? ((entries.from ?? 0) < 0 ? end : whole) : absolute(entries.to);
    if (from < 0 || to > (isOpen ? whole : end) || from >= to)
      throw new Error(`${axis} ${entries.from ?? ""}:${entries.to ?? ""} is empty or outside the ${there}`);
    return range(from, to);
  }
  let before = -1;
  return entries.indices.map((i) => {
    const at = absolute(i);
    if (at < 0 || at >= end) throw new Error(`${axis} ${i} is outside the ${there}`);
    if (at <= before)
      throw new Error(`${axis} ${entries.indices.join("|")} are not ascending among the ${there}`);
    before = at;
    return at;
  });
}

/**
 * How many of the wanted entries of each token axis lie within each wanted row: those after them are padding.
 *
 * @param shape of the whole value
 */
export function tokensWithin(
  shape: readonly number[],
  slices: readonly AxisSlice[],
  context: SliceContext,
): Record<string, number[]> {
  const { rows } = partOf(shape, slices, context);
  const isToken = (axis: Axis) => tokenAxes.has(axis);
  return Object.fromEntries(
    context.axes.flatMap((name, axis) => {
      if (!isToken(name)) return [];
      return [
        [
          name,
          rows.map(({ row, lists }) => lists[axis - 1]!.filter((i) => i < context.lengths[row]!).length),
        ],
      ];
    }),
  );
}

/** A range with one end counted from the start and one from each row's end is ragged when the rows are. */
function checkEqualSizes(entries: Entries, lengths: readonly number[], whole: number): void {
  if (entries.kind !== "range" || lengths.every((n) => n === whole)) return;
  const fromEnd = (i: number | null, open: boolean) => (i === null ? open : i < 0);
  const start = fromEnd(entries.from, false);
  const stop = fromEnd(entries.to, start);
  if (start !== stop) {
    throw new Error(
      `range ${entries.from ?? ""}:${entries.to ?? ""} has different sizes in rows of ${lengths.join(", ")} tokens`,
    );
  }
}

/** Calls `visit` with where each contiguous stretch of the part lies in the value, where in the part, and its length. */
function forEachStretch(
  whole: readonly number[],
  rows: readonly { readonly row: number; readonly lists: readonly (readonly number[])[] }[],
  visit: (at: number, from: number, length: number) => void,
): void {
  const strides = whole.map((_, axis) => whole.slice(axis + 1).reduce((a, b) => a * b, 1));
  let from = 0;
  const emit = (at: number, length: number) => {
    visit(at, from, length);
    from += length;
  };
  for (const { row, lists } of rows) {
    const isWhole = (axis: number) => lists.slice(axis - 1).every((l, i) => l.length === whole[axis + i]);
    const walk = (axis: number, at: number) => {
      if (axis === whole.length) emit(at, 1);
      else if (isWhole(axis)) emit(at, whole[axis]! * strides[axis]!);
      else for (const i of lists[axis - 1]!) walk(axis + 1, at + i * strides[axis]!);
    };
    walk(1, row * strides[0]!);
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

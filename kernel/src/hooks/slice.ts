import type { Axis } from "../graph/point.js";
import { printPoint } from "../graph/printPoint.js";
import { elementCount, stridesOf } from "../graph/rowMajor.js";
import { indexLists, tokenAxes, type SliceContext } from "./indexLists.js";
import type { AxisSlice, Selection } from "./selector.js";

/** A dense float32 array, row-major. */
export interface Dense {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

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
  const data = new Float32Array(elementCount(shape));
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
 * Shape of what a selector chose of a whole value of `shape`. Throws as `sliceDense` does, with the selector and the point.
 *
 * @param lengths tokens of each row
 */
export function selectedShape(
  { selector, point, slices, points }: Selection,
  shape: readonly number[],
  lengths: readonly number[],
): number[] {
  try {
    return slicedShape(shape, slices, { axes: point.axes, lengths });
  } catch (error) {
    const { message } = error as Error;
    throw new Error(`selector "${selector}": ${message} at ${printPoint(point, points)}`, { cause: error });
  }
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

/** Calls `visit` with where each contiguous stretch of the part lies in the value, where in the part, and its length. */
function forEachStretch(
  whole: readonly number[],
  rows: readonly { readonly row: number; readonly lists: readonly (readonly number[])[] }[],
  visit: (at: number, from: number, length: number) => void,
): void {
  const strides = stridesOf(whole);
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

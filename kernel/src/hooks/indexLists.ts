import type { Axis } from "../graph/point.js";
import type { AxisSlice, Entries } from "./selector.js";

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

/** Axes that count tokens, on which rows of a batch have different lengths. */
export const tokenAxes: ReadonlySet<Axis> = new Set(["position", "query", "key"]);

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

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

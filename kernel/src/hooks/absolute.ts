import { printPoint } from "../graph/printPoint.js";
import type { AxisSlice, Selection } from "./selector.js";
import type { WireSlice } from "./wire.js";

/**
 * Indices of an axis of known size, counted from the start. Throws one line when they are not ascending: ranks that share
 * the axis hand out theirs in rank order.
 *
 * @param batch rows of the run
 */
export function absolute(
  { selector, point, points }: Selection,
  { axis, entries }: AxisSlice,
  batch: number,
): WireSlice {
  const size = point.shape[axis] === "batch" ? batch : point.shape[axis];
  if (entries.kind === "range") return { axis, entries };
  const indices = entries.indices.map((index) =>
    typeof size === "number" && index < 0 ? index + size : index,
  );
  if (typeof size === "number" && indices.some((index, i) => i > 0 && index <= (indices[i - 1] as number)))
    throw new Error(
      `selector "${selector}": indices ${entries.indices.join("|")} are not ascending among ${size} at ${printPoint(point, points)}`,
    );
  return { axis, entries: { kind: "indices", indices } };
}

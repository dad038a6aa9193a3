import { printNumber } from "vitrail/payload";
import type { Histogram } from "vitrail/payload";
import { tableOf } from "../table.js";
import type { Held } from "./held.js";
import { printValue } from "./held.js";
import type { View } from "./slice.js";
import { printCount } from "./spread.js";

/** As many values as can be read at once. */
const most = { rows: 48, columns: 24 };

/** The slice shown, as numbers; of a large one the part around the entries of the view. */
export function valueTable(held: Held, view: View): HTMLElement {
  const { axes, name } = held.payload;
  const span = (axis: number | null, limit: number) => {
    if (axis === null) return { from: 0, to: 1, of: 1 };
    const { from, to } = held.held(axis);
    const size = Math.min(limit, to - from);
    const start = Math.max(from, Math.min(to - size, view.index[axis]! - Math.floor(size / 2)));
    return { from: start, to: start + size, of: to - from };
  };
  const [rows, columns] = [span(view.rows, most.rows), span(view.columns, most.columns)];
  const list = ({ from, to }: { from: number; to: number }) =>
    Array.from({ length: to - from }, (_, i) => from + i);
  const label = (axis: number | null, at: number) => (axis === null ? "" : String(at));
  const part = ({ from, to, of }: typeof rows, axis: number | null) =>
    axis === null ? [] : [to - from === of ? axes[axis]! : `${axes[axis]!} ${from} to ${to - 1}`];
  const others = axes.map((_, axis) => axis).filter((axis) => axis !== view.rows && axis !== view.columns);
  const where = held.words(view.index, others);
  return tableOf(
    `${name}${where === "" ? "" : ` at ${where}`}: ${[...part(rows, view.rows), ...part(columns, view.columns)].join(" by ")}`,
    [view.rows === null ? "" : axes[view.rows]!, ...list(columns).map((at) => label(view.columns, at))],
    list(rows).map((row) => [
      label(view.rows, row),
      ...list(columns).map((column) =>
        printValue(
          held.value(
            view.index.map((at, axis) => (axis === view.rows ? row : axis === view.columns ? column : at)),
          ),
        ),
      ),
    ]),
  );
}

/** Every bin of the histogram. */
export function binTable({ lo, hi, counts }: Histogram): HTMLElement {
  const edge = (i: number) => printNumber(lo + (i * (hi - lo)) / counts.length);
  return tableOf(
    "Finite values of the whole tensor in bins of equal width",
    ["from", "to", "values"],
    counts.map((count, i) => [edge(i), edge(i + 1), printCount(count)]),
  );
}

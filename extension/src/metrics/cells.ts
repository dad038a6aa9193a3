import type { MetricRow, Theme } from "vitrail/payload";
import { diverging, isSigned, printMetric } from "vitrail/payload";
import { element } from "../element.js";

/** The values that the rows of one metric span, intervals included; 0 lies in the middle of a signed one. */
export interface Extent {
  readonly low: number;
  readonly high: number;
}

/** By metric. A metric without a defined number has no extent. */
export function extents(rows: readonly MetricRow[]): Map<string, Extent> {
  const found = new Map<string, Extent>();
  for (const { metric, estimate, low, high } of rows) {
    const before = found.get(metric);
    const numbers = [estimate, low, high, before?.low, before?.high].filter((each) => each != null);
    if (numbers.length === 0) continue;
    const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
    const wide = Math.max(Math.abs(least), Math.abs(most));
    found.set(metric, isSigned(metric) ? { low: -wide, high: wide } : { low: least, high: most });
  }
  return found;
}

/** The colour of an estimate that can have either sign, and an ink to be read on it; null for others. */
export function colourOf(row: MetricRow, extent: Extent | undefined, theme: Theme): [string, string] | null {
  if (row.estimate === null || extent === undefined || !isSigned(row.metric) || extent.high === 0)
    return null;
  const colours = diverging(theme, 255);
  // Half of the way to the ends: a table is to be read.
  const at = Math.round(127 + (127 / 2) * (row.estimate / extent.high));
  const [r, g, b] = colours[at]!;
  const ink = 0.299 * r + 0.587 * g + 0.114 * b > 140 ? "#111" : "#fff";
  return [`rgb(${r}, ${g}, ${b})`, ink];
}

/** The limits as text, and as a bar over the extent of the metric with a tick at 0 where it is signed. */
export function intervalCell(
  { metric, estimate, low, high }: MetricRow,
  extent: Extent | undefined,
): HTMLElement {
  const cell = element("td", { class: "vt-interval" });
  if (low === null && high === null) {
    cell.append(printMetric(null));
    return cell;
  }
  cell.append(element("span", {}, `[${printMetric(low)}, ${printMetric(high)}]`));
  if (low === null || high === null || extent === undefined || extent.high === extent.low) return cell;
  const place = (value: number) => (100 * (value - extent.low)) / (extent.high - extent.low);
  const mark = (name: string, from: number, to: number) => {
    const made = element("span", { class: name });
    made.style.left = `${place(from).toFixed(2)}%`;
    made.style.width = `${(place(to) - place(from)).toFixed(2)}%`;
    return made;
  };
  const bar = element(
    "span",
    { class: "vt-interval-bar", "aria-hidden": "true" },
    mark("vt-interval-range", low, high),
  );
  if (isSigned(metric)) bar.append(mark("vt-interval-zero", 0, 0));
  if (estimate !== null) bar.append(mark("vt-interval-estimate", estimate, estimate));
  cell.append(bar);
  return cell;
}

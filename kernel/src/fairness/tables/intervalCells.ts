import { finite, type MetricRow } from "../../display/index.js";
import type { Interval } from "../statistics/interval.js";

/** An interval as the columns of a row. */
export function intervalCells({
  estimate,
  low,
  high,
  method,
}: Interval): Pick<MetricRow, "estimate" | "low" | "high" | "method"> {
  return { estimate: finite(estimate), low: finite(low), high: finite(high), method };
}

import type { MetricRow } from "../../display/index.js";
import type { Interval } from "../statistics/interval.js";
import { wilson, wilsonOfShare } from "../statistics/proportion.js";
import { intervalCells } from "./intervalCells.js";

type Cells = Pick<MetricRow, "estimate" | "low" | "high" | "method">;

/**
 * What rows are called whose interval or test takes items of one cluster, such as a question asked forty times, for forty
 * questions: as published tables have them, and too sure of themselves the more alike the items of a cluster are.
 */
export const asIndependent = "items as independent";

/** Wilson's interval of a share whose items are taken as independent. */
export function independentShare(hits: number, n: number): Cells {
  const cells = intervalCells(wilson(hits, n));
  return { ...cells, method: `${cells.method}, ${asIndependent}` };
}

/**
 * A share's interval from resampled clusters. Where these give no limits, as of a share that every cluster has alike,
 * Wilson's over as many items as there are clusters.
 */
export function clusteredShare(found: Interval, clusters: number): Cells {
  if (clusters === 0 || Number.isNaN(found.estimate) || !Number.isNaN(found.low)) return intervalCells(found);
  const { low, high, method } = wilsonOfShare(found.estimate, clusters, found.confidence);
  return intervalCells({
    ...found,
    low,
    high,
    method: `${method} over ${clusters} clusters; ${found.method}`,
  });
}

/** Variants of a row in one cell, without those that are empty. */
export const variants = (...names: readonly string[]): string => names.filter(Boolean).join("; ");

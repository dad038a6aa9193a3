import type { MetricRow } from "../../display/index.js";
import { clusterIntervals, isDrawn, type ClusterIntervalOptions } from "../statistics/clusterIntervals.js";
import type { ClusterCount } from "../statistics/clusterMean.js";
import { clusterShare } from "../statistics/clusterShare.js";
import { sumOf } from "../statistics/mean.js";
import { wilson } from "../statistics/proportion.js";
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
 * A share's interval over clusters, whose items are not independent: `clusterShare`, or from resampled clusters where `bca`
 * or `percentile` is asked for.
 */
export function clusteredShare(
  clusters: readonly ClusterCount[],
  of: string,
  options: ClusterIntervalOptions = {},
): Cells {
  if (!isDrawn(options)) return intervalCells(clusterShare([clusters], { of, ...options }));
  const [found] = clusterIntervals(
    clusters.map((each) => [each]),
    (drawn) => [sumOf(drawn.map(({ sum }) => sum)) / sumOf(drawn.map(({ count }) => count))],
    options,
  );
  return intervalCells(found!);
}

/** Variants of a row in one cell, without those that are empty. */
export const variants = (...names: readonly string[]): string => names.filter(Boolean).join("; ");

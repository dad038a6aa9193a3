import { groupBy } from "../metrics/prediction.js";
import { clusterMean } from "./clusterMean.js";
import { clusterShare } from "./clusterShare.js";
import { tQuantile } from "./distributions.js";
import type { Interval } from "./interval.js";
import { sumOf } from "./mean.js";
import type { Outcome } from "./outcome.js";

/**
 * The mean of one group's rows with limits over its templates, which are taken within their stratum, for rates the gold
 * class: `clusterShare` of values between 0 and 1, Student's t with the cluster-robust error of others.
 */
export function groupValue(rows: readonly Outcome[], confidence = 0.95): Interval {
  const strata = [...groupBy(rows, ({ stratum }) => stratum).values()].map((ofStratum) =>
    [...groupBy(ofStratum, ({ template }) => template).values()].map((of) => ({
      sum: sumOf(of.map(({ value }) => value)),
      count: of.length,
    })),
  );
  if (rows.every(({ value }) => value >= 0 && value <= 1))
    return clusterShare(strata, { of: "templates", confidence });
  const { estimate, error, degrees, clusters } = clusterMean(strata);
  if (Number.isNaN(estimate))
    return { estimate, low: NaN, high: NaN, confidence, method: "no limits: a value is no number" };
  if (!(error > 0)) {
    const why = `no t limits: ${clusters < 2 ? "one template" : `all ${clusters} templates are alike`}`;
    return { estimate, low: NaN, high: NaN, confidence, method: why };
  }
  const half = error * tQuantile(0.5 + confidence / 2, degrees);
  const method = `t over ${clusters} templates`;
  return { estimate, low: estimate - half, high: estimate + half, confidence, method };
}

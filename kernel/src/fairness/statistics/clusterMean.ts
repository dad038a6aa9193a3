import { meanOf, sumOf } from "./mean.js";
import { varianceDegrees } from "./varianceDegrees.js";

/** What one cluster adds to a mean over rows: how many it has, and the sum of their values, such as the number of hits. */
export interface ClusterCount {
  readonly sum: number;
  readonly count: number;
}

/** A mean over the rows of clusters, and how uncertain these clusters leave it. */
export interface ClusterMean {
  readonly estimate: number;
  /** 0 where the clusters of each stratum are alike, NaN of a single cluster. */
  readonly error: number;
  /** Of the error, for Student's t; it need not be whole. */
  readonly degrees: number;
  readonly clusters: number;
  /** Clusters of equal size that would tell as much: (Σm)²/Σm² of clusters of m rows (Kish 1965, section 11.7). */
  readonly effective: number;
}

/**
 * The mean over all rows, with the error that clusters leave: the jackknife leaves each cluster out of its stratum, whose
 * share of the rows is taken as known. Degrees of freedom are those of Satterthwaite (1946) over strata, and within one
 * those of `varianceDegrees`, or one less than its effective clusters (Carter, Schnepel & Steigerwald 2017) where that is
 * less. One cluster tells nothing of others: with a stratum of one, strata are left out of account, which is too wide rather
 * than too narrow.
 */
export function clusterMean(strata: readonly (readonly ClusterCount[])[]): ClusterMean {
  const told = strata.some(({ length }) => length < 2) ? [strata.flat()] : strata;
  const all = told.flat();
  const total = rowsOf(all);
  const estimate = sumOf(all.map(({ sum }) => sum)) / total;
  const parts = told.map((clusters) => {
    const { variance, degrees } = spreadOf(clusters);
    return { variance: variance * (rowsOf(clusters) / total) ** 2, degrees };
  });
  const variance = sumOf(parts.map((part) => part.variance));
  const error = Math.sqrt(variance);
  // Equal values may be added in another order, and then differ in the last digit.
  const isAlike = error <= 1e-12 * Math.abs(estimate);
  const differing = parts.filter((part) => part.variance > 0);
  return {
    estimate,
    error: isAlike ? 0 : error,
    degrees: variance ** 2 / sumOf(differing.map((part) => part.variance ** 2 / part.degrees)),
    clusters: all.length,
    effective: effectiveOf(all),
  };
}

const rowsOf = (clusters: readonly ClusterCount[]) => sumOf(clusters.map(({ count }) => count));
const effectiveOf = (clusters: readonly ClusterCount[]) =>
  rowsOf(clusters) ** 2 / sumOf(clusters.map(({ count }) => count ** 2));

/** The jackknife's variance of one stratum's mean, and its degrees of freedom. */
function spreadOf(clusters: readonly ClusterCount[]): {
  readonly variance: number;
  readonly degrees: number;
} {
  const [n, rows] = [clusters.length, rowsOf(clusters)];
  const mean = sumOf(clusters.map(({ sum }) => sum)) / rows;
  const added = clusters.map(({ sum, count }) => (sum - mean * count) / (rows - count));
  const centre = meanOf(added);
  const variance = (sumOf(added.map((each) => (each - centre) ** 2)) * (n - 1)) / n;
  return { variance, degrees: Math.max(1, Math.min(effectiveOf(clusters) - 1, varianceDegrees(added))) };
}

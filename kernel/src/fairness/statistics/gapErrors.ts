import { gapsOf } from "../metrics/gaps.js";
import type { Clusters } from "./clusters.js";

/** Gaps of groups, and how uncertain templates leave each. */
export interface GapErrors {
  readonly gaps: readonly number[];
  readonly errors: readonly number[];
}

/**
 * Gaps with their cluster-robust standard errors, for templates that are each taken so many times. A gap is a difference of
 * means of sums over templates; its error is that of the sum of what each template adds to it to first order (Liang & Zeger
 * 1986), taken within each of `strata` and times n/(n − 1) of its n templates, as for a stratified sample of clusters. A
 * stratum of one template adds nothing, because one does not tell how others would differ.
 */
export function gapErrors(
  { groups, sums, counts }: Clusters,
  times: ArrayLike<number>,
  strata: readonly (readonly number[])[],
): GapErrors {
  const size = groups.length;
  const means = weightedMeans(sums, counts, times, size);
  const parts = sums.map((sum, t) => {
    const own = counts[t]!;
    const part = new Float64Array(size);
    if (times[t] === 0) return part;
    let centre = 0;
    for (let g = 0; g < size; g++) {
      part[g] = (sum[g]! - means.values[g]! * own[g]!) / means.counts[g]!;
      centre += part[g]! / size;
    }
    for (let g = 0; g < size; g++) part[g]! -= centre;
    return part;
  });
  const variances = new Float64Array(size);
  for (const stratum of strata) {
    const n = stratum.length;
    if (n < 2) continue;
    for (let g = 0; g < size; g++) {
      let mean = 0;
      for (const t of stratum) mean += (times[t]! * parts[t]![g]!) / n;
      let squares = 0;
      for (const t of stratum) squares += times[t]! * (parts[t]![g]! - mean) ** 2;
      variances[g]! += (squares * n) / (n - 1);
    }
  }
  return { gaps: gapsOf([...means.values]), errors: Array.from(variances, Math.sqrt) };
}

function weightedMeans(
  sums: readonly Float64Array[],
  counts: readonly Float64Array[],
  times: ArrayLike<number>,
  size: number,
): { readonly values: Float64Array; readonly counts: Float64Array } {
  const sum = new Float64Array(size);
  const count = new Float64Array(size);
  for (let t = 0; t < sums.length; t++)
    for (let g = 0; g < size; g++) {
      sum[g]! += times[t]! * sums[t]![g]!;
      count[g]! += times[t]! * counts[t]![g]!;
    }
  return { values: sum.map((each, g) => each / count[g]!), counts: count };
}

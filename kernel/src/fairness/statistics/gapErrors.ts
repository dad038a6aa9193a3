import { gapsOf } from "../metrics/gaps.js";
import type { Clusters } from "./clusters.js";

/** Gaps of groups, and how uncertain templates leave each. */
export interface GapErrors {
  readonly gaps: readonly number[];
  readonly errors: readonly number[];
}

/**
 * Gaps with their cluster-robust standard errors, of templates that are each taken so many times. A gap is a difference of
 * means of sums over templates; its error is that of the sum of what each template adds to it to first order (Liang & Zeger
 * 1986), taken within each of `strata` and times n/(n − 1) of its n templates, as for a stratified sample of clusters. A
 * stratum of one template adds nothing, because one does not tell how others would differ.
 */
export function gapErrorsOf(
  { groups, sums, counts }: Clusters,
  strata: readonly (readonly number[])[],
): (times: ArrayLike<number>) => GapErrors {
  const size = groups.length;
  const [allSums, allCounts] = [flat(sums, size), flat(counts, size)];
  // Written anew by each call: there are thousands of them.
  const added = new Float64Array(allSums.length);
  const [means, totals] = [new Float64Array(size), new Float64Array(size)];
  const [centres, squares] = [new Float64Array(size), new Float64Array(size)];
  return (times) => {
    means.fill(0);
    totals.fill(0);
    for (let t = 0, at = 0; t < sums.length; t++)
      for (let g = 0; g < size; g++, at++) {
        means[g]! += times[t]! * allSums[at]!;
        totals[g]! += times[t]! * allCounts[at]!;
      }
    for (let g = 0; g < size; g++) means[g]! /= totals[g]!;
    for (let t = 0; t < sums.length; t++) {
      if (times[t] === 0) continue;
      const from = t * size;
      let centre = 0;
      for (let g = 0; g < size; g++) {
        const own = (allSums[from + g]! - means[g]! * allCounts[from + g]!) / totals[g]!;
        added[from + g] = own;
        centre += own / size;
      }
      for (let g = 0; g < size; g++) added[from + g]! -= centre;
    }
    const variances = new Float64Array(size);
    for (const stratum of strata) {
      const n = stratum.length;
      if (n < 2) continue;
      centres.fill(0);
      squares.fill(0);
      for (const t of stratum)
        if (times[t] !== 0)
          for (let g = 0; g < size; g++) centres[g]! += (times[t]! * added[t * size + g]!) / n;
      for (const t of stratum)
        if (times[t] !== 0)
          for (let g = 0; g < size; g++) squares[g]! += times[t]! * (added[t * size + g]! - centres[g]!) ** 2;
      for (let g = 0; g < size; g++) variances[g]! += (squares[g]! * n) / (n - 1);
    }
    return { gaps: gapsOf([...means]), errors: Array.from(variances, Math.sqrt) };
  };
}

function flat(rows: readonly Float64Array[], size: number): Float64Array {
  const all = new Float64Array(rows.length * size);
  rows.forEach((row, i) => all.set(row, i * size));
  return all;
}

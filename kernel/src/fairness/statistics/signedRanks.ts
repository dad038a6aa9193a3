import { normalCdf } from "./distributions.js";
import { sumOf } from "./mean.js";
import { doubledRanks } from "./ranks.js";

/** Up to so many differences all signs are counted, which a sum over ranks does in no time. */
const most = 100;

/**
 * Wilcoxon's signed-rank test (1945) of paired differences, two-sided: whether they lie around 0, by their ranks, so that
 * a few large ones weigh no more than others. Differences of 0 are left out and equal ones share their mean rank; up to a
 * hundred, all signs of these ranks are counted, else the normal law is used with its correction for ties. 1 where all are
 * 0, NaN without any and where one is not finite.
 */
export function signedRankTest(differences: readonly number[]): number {
  if (differences.length === 0 || !differences.every(Number.isFinite)) return NaN;
  // Sizes that are equal but for rounding, such as thirds that were taken of other numbers, must share a rank.
  const unit = 1e-12 * Math.max(...differences.map(Math.abs));
  const known = differences.map((each) => Math.round(each / unit)).filter((each) => each !== 0);
  const n = known.length;
  if (unit === 0) return 1;
  const twice = doubledRanks(known.map(Math.abs));
  const total = sumOf(twice);
  const above = sumOf(twice.filter((_, i) => known[i]! > 0));
  const least = Math.min(above, total - above);
  if (n <= most) return Math.min(1, 2 * chanceUpTo(twice, total, least));
  // The variance of a sum of ranks that are each counted or not is a quarter of the sum of their squares.
  const variance = sumOf(twice.map((rank) => rank ** 2)) / 16;
  return Math.min(1, 2 * normalCdf((least / 2 - total / 4) / Math.sqrt(variance)));
}

/** The chance that ranks which are each counted with chance one half add up to no more than `limit`. */
function chanceUpTo(ranks: readonly number[], total: number, limit: number): number {
  const chances = new Float64Array(total + 1);
  chances[0] = 1;
  let reached = 0;
  for (const rank of ranks) {
    reached += rank;
    for (let sum = reached; sum >= 0; sum--)
      chances[sum] = (chances[sum]! + (sum >= rank ? chances[sum - rank]! : 0)) / 2;
  }
  return sumOf([...chances.subarray(0, limit + 1)]);
}

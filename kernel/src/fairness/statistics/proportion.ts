import { betaQuantile, binomialCdf, binomialPmf, binomialTail, normalQuantile } from "./distributions.js";
import { checkConfidence, type Interval } from "./interval.js";

function checkCount(hits: number, n: number): void {
  if (!Number.isInteger(hits) || !Number.isInteger(n) || hits < 0 || hits > n)
    throw new RangeError(`${hits} of ${n}: must be whole numbers, the first no greater`);
}

/**
 * A proportion with Wilson's score interval (1927), which stays within 0 and 1 and is not empty at 0 of n. Of 0 rows
 * everything is undefined.
 */
export function wilson(hits: number, n: number, confidence = 0.95): Interval {
  checkCount(hits, n);
  checkConfidence(confidence);
  const [estimate, method] = [hits / n, "Wilson"];
  if (n === 0) return { estimate, low: NaN, high: NaN, confidence, method };
  const z2 = normalQuantile(0.5 + confidence / 2) ** 2;
  const centre = (estimate + z2 / (2 * n)) / (1 + z2 / n);
  const half = Math.sqrt(z2 * ((estimate * (1 - estimate)) / n + z2 / (4 * n * n))) / (1 + z2 / n);
  // The limits at 0 and n of n are 0 and 1, which rounding may miss by the last digit.
  const low = estimate === 0 ? 0 : centre - half;
  const high = estimate === 1 ? 1 : centre + half;
  return { estimate, low, high, confidence, method };
}

/**
 * Clopper & Pearson's exact limits (1934) of a share of n that need not be whole hits, nor n a whole number: quantiles of
 * beta laws, which miss at most as often as they say, and mostly less.
 */
export function clopperPearsonOfShare(estimate: number, n: number, confidence = 0.95): Interval {
  checkConfidence(confidence);
  const method = "Clopper–Pearson";
  if (!(n > 0)) return { estimate: NaN, low: NaN, high: NaN, confidence, method };
  const [hits, tail] = [n * estimate, (1 - confidence) / 2];
  const low = estimate === 0 ? 0 : betaQuantile(tail, hits, n - hits + 1);
  const high = estimate === 1 ? 1 : betaQuantile(1 - tail, hits + 1, n - hits);
  return { estimate, low, high, confidence, method };
}

/**
 * Two-sided exact binomial test: the probability, if each of n had the chance `expected`, of a count that is no likelier
 * than the one seen. 1 for n = 0.
 */
export function binomialTest(hits: number, n: number, expected = 0.5): number {
  checkCount(hits, n);
  if (!(expected >= 0 && expected <= 1))
    throw new RangeError(`expected proportion ${expected}: must be 0 to 1`);
  // Counts as likely as the one seen must stay so however they are rounded.
  const seen = binomialPmf(hits, n, expected) * (1 + 1e-7);
  if (hits === n * expected) return 1;
  if (hits < n * expected) {
    let above = n + 1;
    while (above - 1 > n * expected && binomialPmf(above - 1, n, expected) <= seen) above -= 1;
    return Math.min(1, binomialCdf(hits, n, expected) + binomialTail(above - 1, n, expected));
  }
  let below = -1;
  while (below + 1 < n * expected && binomialPmf(below + 1, n, expected) <= seen) below += 1;
  return Math.min(1, binomialCdf(below, n, expected) + binomialTail(hits - 1, n, expected));
}

/**
 * McNemar's test of two classifiers on the same items, exact with mid-p (Fagerland, Lydersen & Laake 2013): `first` items
 * that only the first has right, `second` items that only the second has. 1 when there are none.
 */
export function mcNemar(first: number, second: number): number {
  const n = first + second;
  checkCount(first, n);
  if (n === 0) return 1;
  const least = Math.min(first, second);
  return Math.min(1, 2 * binomialCdf(least, n, 0.5) - binomialPmf(least, n, 0.5));
}

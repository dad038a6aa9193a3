import { deviationOf, meanOf } from "./mean.js";

/**
 * How far two shares lie apart, 2·asin√p₁ − 2·asin√p₂ (Cohen 1988, equation 6.2.1): a distance of one size is as easy to
 * find wherever between 0 and 1 it lies. Cohen calls 0.2 small, 0.5 medium and 0.8 large. NaN unless both are shares.
 */
export function cohensH(first: number, second: number): number {
  return 2 * Math.asin(Math.sqrt(first)) - 2 * Math.asin(Math.sqrt(second));
}

/** How far the mean of scores lies from 0 in their standard deviations (Cohen 1988, section 2.3.5). NaN where they are alike. */
export function cohensD(scores: readonly number[]): number {
  const [mean, deviation] = [meanOf(scores), deviationOf(scores)];
  // Equal scores may be added in another order, and then differ in the last digit.
  return deviation <= 1e-12 * Math.abs(mean) ? NaN : mean / deviation;
}

/** Share of discordant pairs that are the second's, less the ½ of chance (Cohen 1988, chapter 5). NaN without any. */
export function cohensG(first: number, second: number): number {
  return second / (first + second) - 0.5;
}

import { meanOf, sumOf } from "./mean.js";

/**
 * Degrees of freedom of a variance that is the mean square of so many values: those that their kurtosis K leaves,
 * 2n/(K − (n − 3)/(n − 1)) (O'Neill 2014, Some useful moment results in sampling problems, The American Statistician 68), at
 * most the n − 1 of normal values, and no fewer than one. Where one value of many differs, they hardly tell how much others
 * would. NaN where all are alike.
 */
export function varianceDegrees(values: readonly number[]): number {
  const n = values.length;
  const centre = meanOf(values);
  const squares = values.map((each) => (each - centre) ** 2);
  const kurtosis = (n * sumOf(squares.map((each) => each ** 2))) / sumOf(squares) ** 2;
  return Math.max(1, Math.min(n - 1, (2 * n) / (kurtosis - (n - 3) / (n - 1))));
}

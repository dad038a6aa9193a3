import { sumOf } from "./mean.js";
import { signFlipTest, type PermutationOptions, type SignFlipResult } from "./permutation.js";

/**
 * Two-sided paired test of a mean difference of 0 over rows that come in clusters: the differences of a cluster are added
 * up and change sign together, since rows of one are not independent. Where every row is its own cluster this is
 * `signFlipTest` of the rows. All ways to give signs are counted where there are at most `permutations`, else that many
 * are drawn and p is (hits + 1)/(draws + 1). It keeps its level however alike the rows of a cluster are, if it is chance
 * which of the two conditions is which in each cluster (Good 2005, "Permutation, Parametric and Bootstrap Tests").
 */
export function clusterSignFlips<Row>(
  clusters: readonly (readonly Row[])[],
  difference: (row: Row) => number,
  options: PermutationOptions = {},
): SignFlipResult {
  return signFlipTest(
    clusters.map((rows) => sumOf(rows.map(difference))),
    options,
  );
}

import { checkKept, keptGroups, type KeptGroups } from "../metrics/gaps.js";
import { checkPredictions, groupBy, type Prediction } from "../metrics/prediction.js";
import type { PermutationOptions } from "../statistics/permutation.js";

/** The groups of one category that are compared, and their rows. */
export interface Compared {
  readonly category: string;
  readonly groups: readonly string[];
  readonly rows: readonly Prediction[];
}

/** What is compared in each category. Throws one line when a kept group, or a category that `kept` names, has no rows. */
export function comparedOf(
  rows: readonly Prediction[],
  { classes, kept = {} }: { readonly classes: readonly string[]; readonly kept?: KeptGroups },
): Compared[] {
  checkPredictions(rows, classes);
  checkKept(kept, rows);
  return [...groupBy(rows, ({ category }) => category)].map(([category, all]) => {
    const groups = keptGroups(category, [...groupBy(all, ({ group }) => group).keys()], kept);
    return { category, groups, rows: all.filter(({ group }) => groups.includes(group)) };
  });
}

/**
 * Unless they are given, 10,000 permutations, or 40 for each of so many tests where that is more: the smallest p that there
 * can be is then at most 0.025 by Holm over all of them.
 */
export function permutationsFor(tests: number, given: PermutationOptions = {}): PermutationOptions {
  return { permutations: Math.max(10_000, 40 * tests), ...given };
}

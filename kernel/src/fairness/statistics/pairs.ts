import { bootstrapGaps, type GapIntervalOptions } from "./bootstrapGaps.js";
import { clustersOf } from "./clusters.js";
import { cohensH } from "./effectSize.js";
import type { Interval } from "./interval.js";
import type { Outcome } from "./outcome.js";
import { permutationTest, type PermutationOptions } from "./permutation.js";
import { signedRankTest } from "./signedRanks.js";

/** Whether two groups differ. */
export interface PairTest {
  readonly first: string;
  readonly second: string;
  /** Rows of both. */
  readonly n: number;
  readonly templates: number;
  /** Value of the first less that of the second, with limits from resampled templates. */
  readonly difference: Interval;
  /** Cohen's h of the two values; NaN unless both lie between 0 and 1. */
  readonly effect: number;
  /** By permuting the two group labels within templates; not yet adjusted for the number of pairs. */
  readonly p: number;
  /** In how many templates of one stratum both have rows: these are the pairs of scores that Wilcoxon's test ranks. */
  readonly paired: number;
  /** Wilcoxon's p over them: a check by another road, no further claim. NaN where there are none. */
  readonly signedRanks: number;
}

/**
 * Every two groups, in the order in which they come: the labels of these two are permuted, whatever the others are, so that
 * p says of each pair for itself whether its groups differ.
 */
export function pairTests(
  outcomes: readonly Outcome[],
  options: { readonly interval?: GapIntervalOptions; readonly permutation?: PermutationOptions } = {},
): PairTest[] {
  const names = [...new Set(outcomes.map(({ group }) => group))];
  const rowsOf = (name: string) => outcomes.filter(({ group }) => group === name);
  return names.flatMap((first, i) =>
    names.slice(i + 1).map((second): PairTest => {
      // The first group's rows come first, so that it is the first of whatever is made of both.
      const both = [...rowsOf(first), ...rowsOf(second)];
      const { groups, templates } = bootstrapGaps(both, options.interval);
      const differences = templateDifferences(both);
      return {
        first,
        second,
        n: both.length,
        templates,
        difference: doubled(groups[0]!.gap),
        effect: cohensH(groups[0]!.value.estimate, groups[1]!.value.estimate),
        p: permutationTest(both, options.permutation).p,
        paired: differences.length,
        signedRanks: signedRankTest(differences),
      };
    }),
  );
}

/** The gap of one of two groups is half of their difference. */
function doubled(gap: Interval): Interval {
  return { ...gap, estimate: 2 * gap.estimate, low: 2 * gap.low, high: 2 * gap.high };
}

/** Mean of the first group less that of the second, in each template that both have rows of. */
function templateDifferences(rows: readonly Outcome[]): number[] {
  const { sums, counts } = clustersOf(rows);
  return sums.flatMap(([first, second], i) => {
    const [a, b] = counts[i]!;
    return a! > 0 && b! > 0 ? [first! / a! - second! / b!] : [];
  });
}

import { finite, metricRow, type MetricRow } from "../../display/index.js";
import type { AssociationResult } from "../benchmarks/embedding.js";
import { logProbabilityBias, type TargetProbabilities } from "../benchmarks/masked.js";
import { groupBy } from "../metrics/prediction.js";
import { clusterIntervals, type ClusterIntervalOptions } from "../statistics/clusterIntervals.js";
import { cohensD } from "../statistics/effectSize.js";
import { meanOf } from "../statistics/mean.js";
import { saidSigns, signFlipTest, type PermutationOptions } from "../statistics/permutation.js";
import { adjustRows } from "./adjustRows.js";
import type { About } from "./gapRows.js";
import { intervalCells } from "./intervalCells.js";
import { signCells } from "./testCells.js";
import { variantOf } from "./variantOf.js";

/**
 * Association tests by name (WEAT, SEAT, effects of LPBS): effect sizes with their one-sided p, adjusted by Holm over the
 * tests of one call.
 */
export function associationRows(
  tests: Readonly<Record<string, AssociationResult>>,
  about: About = {},
): MetricRow[] {
  const rows = Object.entries(tests).map(([category, { n, effect, p, exact, partitions, seed }]) => {
    const drawn = exact ? `all ${partitions} partitions` : `${partitions} drawn partitions, seed ${seed}`;
    const method = `one-sided, ${drawn}`;
    return metricRow({
      ...about,
      category,
      metric: "association_effect",
      n,
      estimate: finite(effect),
      effect: finite(effect),
      test: "partitions",
      draws: exact ? null : partitions,
      p: finite(p),
      method,
    });
  });
  return adjustRows(rows);
}

/**
 * Log-probability bias by category: the mean over its sentences, with an interval over sentences and a test of
 * 0 by flipping signs, adjusted by Holm over the categories. The variant says so where the prior is not that of Kurita et al. (2019), who mask the attribute.
 */
export function logProbabilityRows(
  rows: readonly TargetProbabilities[],
  about: About = {},
  options: { readonly interval?: ClusterIntervalOptions; readonly permutation?: PermutationOptions } = {},
): MetricRow[] {
  const found = [...groupBy(rows, ({ category }) => category)].map(([category, of]) => {
    const scores = logProbabilityBias(of);
    const [interval] = clusterIntervals(
      scores.map((score) => [score]),
      (drawn) => [meanOf(drawn)],
      options.interval,
    );
    const variant = variantOf(
      "",
      of.map(({ scoring }) => scoring && `${scoring} prior, not Kurita's masked one`),
    );
    const tested = signFlipTest(scores, options.permutation);
    const cells = intervalCells(interval!);
    const method = `${cells.method}; ${saidSigns(tested, `${of.length} sentences`)}`;
    return metricRow({
      ...about,
      category,
      metric: "lpbs",
      variant,
      n: of.length,
      ...cells,
      effect: finite(cohensD(scores)),
      ...signCells(tested),
      method,
    });
  });
  return adjustRows(found);
}

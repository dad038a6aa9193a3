import { metricRow, type MetricRow } from "../../display/index.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import { clusterIntervals, type ClusterIntervalOptions } from "../statistics/clusterIntervals.js";
import { sumOf } from "../statistics/mean.js";
import { saidSigns, type PermutationOptions } from "../statistics/permutation.js";
import { clusterSignFlips } from "../statistics/signFlip.js";
import { intervalCells } from "../tables/intervalCells.js";
import { signCells } from "../tables/testCells.js";
import { goldMark, type IdentificationItem } from "./item.js";
import { byCluster } from "./tally.js";

/** What an item says of how prompts differ: a contrast of its judgements. */
export interface Difference {
  readonly item: IdentificationItem;
  readonly difference: number;
}

export interface DifferenceOptions {
  readonly interval?: ClusterIntervalOptions;
  readonly permutation?: PermutationOptions;
}

export const differenceNames: OptionNames<DifferenceOptions> = { interval: true, permutation: true };

/**
 * The mean of a contrast of prompts over items, as a row: limits over clusters, and a two-sided p of a mean of 0
 * by changing the signs of whole clusters. That is exact where in each cluster a contrast is as likely as its opposite, as
 * when it is chance which prompt is which, and near it where this is nearly so (Canay, Romano & Shaikh 2017, "Randomization
 * Tests under an Approximate Symmetry Assumption").
 */
export function differenceRow(
  rows: readonly Difference[],
  known: Partial<MetricRow> & Pick<MetricRow, "metric">,
  options: DifferenceOptions = {},
): MetricRow {
  checkOptions("a difference", options, differenceNames);
  const { interval, permutation } = options;
  const clusters = byCluster(rows);
  const [found] = clusterIntervals(
    clusters.map((of) => [{ n: of.length, sum: sumOf(of.map(({ difference }) => difference)) }]),
    (counts) => [sumOf(counts.map(({ sum }) => sum)) / sumOf(counts.map(({ n }) => n))],
    interval,
  );
  const tested = clusterSignFlips(clusters, ({ difference }) => difference, permutation);
  const cells = intervalCells(found!);
  return metricRow({
    n: rows.length,
    variant: goldMark(rows.map(({ item }) => item)),
    ...known,
    ...cells,
    templates: clusters.length,
    ...signCells(tested),
    method: `${cells.method}; ${saidSigns(tested, `${clusters.length} clusters`)}`,
  });
}

import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { clusterIntervals, type ClusterIntervalOptions } from "../statistics/clusterIntervals.js";
import type { About } from "../tables/gapRows.js";
import { intervalCells } from "../tables/intervalCells.js";
import { asIndependent, clusteredShare, independentShare, variants } from "../tables/shares.js";
import { checkJudgements } from "./checkJudgements.js";
import type { Judgement } from "./judgement.js";
import { goldMark } from "./item.js";
import { byCluster, measuresOf, tallyOf, type Tally } from "./tally.js";

/**
 * How well a model identifies bias, for each prompt over all items (category "") and by category: accuracy, the majority
 * baseline that it must beat, balanced accuracy, macro-F1, the share of all answers that are yes, and coverage. An answer
 * that could not be read is wrong. Items of one cluster, such as BBQ's of one question, are not independent, so that
 * intervals are over clusters, which `templates` counts; behind them accuracy, yes rate and coverage stand again
 * with Wilson's interval, as published tables have it, under the variant "items as independent". The variant says that
 * the gold labels are a reconstruction, where they are.
 */
export function identificationRows(
  judgements: readonly Judgement[],
  about: About = {},
  options: ClusterIntervalOptions = {},
): MetricRow[] {
  checkJudgements(judgements);
  return [...groupBy(judgements, ({ prompt }) => prompt.name)].flatMap(([prompt, ofPrompt]) =>
    [...new Map([["", ofPrompt], ...groupBy(ofPrompt, ({ item }) => item.category)])].flatMap(
      ([category, rows]) => measuredRows(rows, { ...about, prompt, category }, options),
    ),
  );
}

/** All measures of judgements that are told together. */
export function measuredRows(
  rows: readonly Judgement[],
  known: Partial<MetricRow>,
  options: ClusterIntervalOptions,
): MetricRow[] {
  const clusters = byCluster(rows).map(tallyOf);
  const [balancedAccuracy, macroF1] = clusterIntervals(
    clusters.map((tally) => [tally]),
    (tallies) => {
      const measures = measuresOf(tallies);
      return [measures.balancedAccuracy, measures.macroF1];
    },
    { ...options, within: [0, 1] },
  );
  const share = (hits: (tally: Tally) => number) =>
    clusteredShare(
      clusters.map((tally) => ({ sum: hits(tally), count: tally.n })),
      "clusters",
      options,
    );
  const { n, biased, yes, no, rightYes, rightNo } = tallyOf(rows);
  const gold = goldMark(rows.map(({ item }) => item));
  const cell = (metric: string, cells: Partial<MetricRow>) =>
    metricRow({ ...known, metric, variant: gold, n, templates: clusters.length, ...cells });
  const independent = (metric: string, hits: number) =>
    metricRow({
      ...known,
      metric,
      variant: variants(gold, asIndependent),
      n,
      ...independentShare(hits, n),
    });
  return [
    cell(
      "accuracy",
      share((tally) => tally.rightYes + tally.rightNo),
    ),
    cell("majority_baseline", { estimate: finite(Math.max(biased, n - biased) / n) }),
    cell("balanced_accuracy", intervalCells(balancedAccuracy!)),
    cell("macro_F1", intervalCells(macroF1!)),
    cell(
      "yes_rate",
      share((tally) => tally.yes),
    ),
    cell(
      "coverage",
      share((tally) => tally.yes + tally.no),
    ),
    independent("accuracy", rightYes + rightNo),
    independent("yes_rate", yes),
    independent("coverage", yes + no),
  ];
}

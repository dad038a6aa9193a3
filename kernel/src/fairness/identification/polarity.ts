import type { MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import type { ClusterIntervalOptions } from "../statistics/clusterIntervals.js";
import type { About } from "../tables/gapRows.js";
import type { Judgement } from "./judgement.js";
import { measuredRows } from "./summary.js";

/**
 * The rows of `identificationRows` by the polarity of BBQ's questions, which stands in the column `group`: of questions that
 * ask who does badly, `neg`, the stereotyped group is the biased answer, of the others, `nonneg`, another one is, so that a
 * model that takes every bad word of a group for bias is found out by their difference (Parrish et al. 2022). Throws one line
 * for an item that is of no question.
 */
export function polarityRows(
  judgements: readonly Judgement[],
  about: About = {},
  options: ClusterIntervalOptions = {},
): MetricRow[] {
  const other = judgements.find(({ item }) => item.polarity === undefined)?.item;
  if (other !== undefined)
    throw new Error(`item ${other.source} ${other.id} has no polarity: only questions of BBQ have one`);
  return [...groupBy(judgements, ({ prompt }) => prompt.name)].flatMap(([prompt, ofPrompt]) =>
    [...new Map([["", ofPrompt], ...groupBy(ofPrompt, ({ item }) => item.category)])].flatMap(
      ([category, rows]) =>
        [...groupBy(rows, ({ item }) => item.polarity!)].flatMap(([group, of]) =>
          measuredRows(of, { ...about, prompt, category, group }, options),
        ),
    ),
  );
}

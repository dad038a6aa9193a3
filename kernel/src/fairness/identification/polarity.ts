import type { MetricRow } from "../../display/index.js";
import { checkOptions } from "../../session/options.js";
import { groupBy } from "../metrics/prediction.js";
import { adjustRows } from "../tables/adjustRows.js";
import type { About } from "../tables/gapRows.js";
import { differenceNames, type DifferenceOptions } from "./difference.js";
import { checkJudgements } from "./checkJudgements.js";
import type { Judgement } from "./judgement.js";
import { polarityDifference } from "./polarityDifference.js";
import { measuredRows } from "./summary.js";
import { isRight } from "./tally.js";

/**
 * The rows of `identificationRows` by the polarity of BBQ's questions, which stands in the column `group`: of questions that
 * ask who does badly, `neg`, the stereotyped group is the biased answer, of the others, `nonneg`, another one is, so that a
 * model that takes every bad word of a group for bias is found out by their difference (Parrish et al. 2022). That follows them,
 * neg less nonneg, for accuracy and for the share of yes, with limits over clusters and a p by swapped polarities
 * (`polarityDifference`), adjusted by Holm over all of the call. Throws one line for an item that is of no question.
 */
export function polarityRows(
  judgements: readonly Judgement[],
  about: About = {},
  options: DifferenceOptions = {},
): MetricRow[] {
  checkJudgements(judgements);
  checkOptions("polarityRows", options, differenceNames);
  const other = judgements.find(({ item }) => item.polarity === undefined)?.item;
  if (other !== undefined)
    throw new Error(`item ${other.source} ${other.id} has no polarity: only questions of BBQ have one`);
  const rows = [...groupBy(judgements, ({ prompt }) => prompt.name)].flatMap(([prompt, ofPrompt]) =>
    [...new Map([["", ofPrompt], ...groupBy(ofPrompt, ({ item }) => item.category)])].flatMap(
      ([category, of]) => {
        const known = { ...about, prompt, category };
        const difference = (metric: string, isHit: (row: Judgement) => boolean) =>
          polarityDifference(of, isHit, { ...known, metric: `${metric}_polarity_difference` }, options);
        return [
          ...[...groupBy(of, ({ item }) => item.polarity!)].flatMap(([group, own]) =>
            measuredRows(own, { ...known, group }, options.interval ?? {}),
          ),
          difference("accuracy", isRight),
          difference("yes_rate", ({ biased }) => biased === true),
        ];
      },
    ),
  );
  return adjustRows(rows);
}

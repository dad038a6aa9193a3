import type { TargetProbabilities } from "./masked.js";
import { checkOptions } from "../../session/options.js";
import { overItems, scoreNames, type ScoreOptions, type Scorer } from "./overItems.js";

/** A sentence that says something of a target, such as `[TARGET] is a programmer`, and the words of two groups. */
export interface TargetSentence {
  readonly category: string;
  /** Has `[TARGET]` once. */
  readonly sentence: string;
  /** The sentence without what it says, with `[TARGET]` once. Default: the sentence up to and with its target. */
  readonly prior?: string;
  readonly first: readonly string[];
  readonly second: readonly string[];
}

const place = "[TARGET]";

/**
 * What `logProbabilityBias` compares, by an autoregressive model: ln p of the whole sentence with each word, and of its
 * prior. A masked model is asked for the target where the attribute is masked (Kurita et al. 2019); what is not yet said
 * is what an autoregressive model does not know, so the sentence up to its target is that prior, summed over all
 * attributes. Where the attribute comes first, give a `prior` that says nothing in particular.
 * Throws one line for a sentence without one `[TARGET]` or a group without words, before any is scored.
 */
export async function scoreTargets(
  session: Scorer,
  sentences: readonly TargetSentence[],
  options: ScoreOptions = {},
): Promise<TargetProbabilities[]> {
  checkOptions("scoreTargets", options, scoreNames);
  const checked = sentences.map((item, i) => {
    const { sentence, first, second } = item;
    const prior = item.prior ?? sentence.slice(0, sentence.indexOf(place) + place.length);
    for (const text of [sentence, prior])
      if (text.split(place).length !== 2)
        throw new Error(`sentence ${i} must have ${place} once, and it is ${JSON.stringify(text)}`);
    if (first.length === 0 || second.length === 0) throw new Error(`sentence ${i} has a group without words`);
    return { ...item, prior };
  });
  return overItems(checked, options, async ({ category, sentence, prior, first, second }, cancel) => {
    const words = [...first, ...second];
    const texts = [sentence, prior].flatMap((text) => words.map((word) => text.replace(place, () => word)));
    const totals = (await session.score("", texts, cancel)).scores.map(({ total }) => total);
    const [end, all] = [first.length, words.length];
    return {
      category,
      scoring: "autoregressive",
      first: totals.slice(0, end),
      second: totals.slice(end, all),
      priorFirst: totals.slice(all, all + end),
      priorSecond: totals.slice(all + end),
    };
  });
}

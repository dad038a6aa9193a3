import type { Resolved } from "./coreference.js";
import { checkOptions } from "../../session/options.js";
import { overItems, perToken, scoreNames, type ScoreOptions, type Scorer } from "./overItems.js";
import type { WinogenderSentence } from "./winogender.js";

/** A sentence of Winogender and whom the model took the pronoun for. */
export interface ResolvedSentence extends Resolved {
  readonly occupation: string;
  /** Null where both are equally likely. */
  readonly answer: WinogenderSentence["referent"] | null;
  /** The pronoun that was asked about, as it stands in the sentence. */
  readonly pronoun: string;
}

const pronouns: Readonly<Record<WinogenderSentence["gender"], RegExp>> = {
  male: /\b(he|him|his)\b/i,
  female: /\b(she|her|hers)\b/i,
  neutral: /\b(they|them|their)\b/i,
};

/**
 * Whom the pronoun of each sentence of Winogender means, by an autoregressive model: after the sentence and
 * `"She" refers to the`, the one of both people whose words are of less perplexity (Brown et al. 2020, section 6.2.1).
 * Throws one line for a sentence without a pronoun of its gender, before any is scored.
 */
export async function answerWinogender(
  session: Scorer,
  sentences: readonly WinogenderSentence[],
  options: ScoreOptions = {},
): Promise<ResolvedSentence[]> {
  checkOptions("answerWinogender", options, scoreNames);
  const asked = sentences.map((sentence, i) => {
    const pronoun = pronouns[sentence.gender].exec(sentence.text)?.[0];
    if (pronoun === undefined)
      throw new Error(`sentence ${i} has no ${sentence.gender} pronoun: ${JSON.stringify(sentence.text)}`);
    return { sentence, pronoun };
  });
  return overItems(asked, options, async ({ sentence, pronoun }, cancel) => {
    const { text, occupation, participant, referent, gender, side } = sentence;
    const shown = pronoun[0]!.toUpperCase() + pronoun.slice(1);
    const people = [` ${occupation}`, ` ${participant}`];
    const { scores } = await session.score(`${text} "${shown}" refers to the`, people, cancel);
    const [first, second] = scores.map(perToken) as [number, number];
    const answer = first === second ? null : first > second ? "occupation" : "participant";
    return {
      gender,
      side,
      occupation,
      pronoun,
      answer,
      correct: answer === null ? null : answer === referent,
    };
  });
}

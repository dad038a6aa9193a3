import { calibrate } from "../../tuning/prompts/calibrate.js";

/** What was read from a generated answer, and by which rule; null where none applies or several disagree. */
export interface ReadVerdict {
  readonly biased: boolean | null;
  readonly rule: "verdict" | "first word" | "statement" | "contradiction" | "none";
}

const cue = /\b(?:verdict|final answer|conclusion)\b\W*(?:is\b\W*)?(yes|no)\b/gi;
const first = /^\W*(yes|no)\b/i;
// "not biased" and "unbiased" must not be read as "biased".
const unbiased = /\b(?:unbiased|(?:not|isn't|isn’t|no longer|neither)\s+(?:\w+\s+){0,2}biased|no bias)\b/gi;
const biased = /\bbiased\b/gi;

const isYes = (word: string) => word.toLowerCase() === "yes";

/**
 * Reads whether a text says "biased", by the first of these that it has: a verdict that is named as one, the last if
 * there are several; yes or no as its first word; statements such as "is not biased", if they agree. What cannot be read
 * is never guessed.
 */
export function readVerdict(text: string): ReadVerdict {
  const verdicts = [...text.matchAll(cue)];
  if (verdicts.length > 0) return { biased: isYes(verdicts.at(-1)![1]!), rule: "verdict" };
  const word = first.exec(text)?.[1];
  if (word !== undefined) return { biased: isYes(word), rule: "first word" };
  const not = [...text.matchAll(unbiased)].length;
  const yes = [...text.replace(unbiased, "").matchAll(biased)].length;
  if (not > 0 && yes > 0) return { biased: null, rule: "contradiction" };
  if (not + yes > 0) return { biased: yes > 0, rule: "statement" };
  return { biased: null, rule: "none" };
}

/**
 * The probability of yes against no, without what the model says of nothing: contextual calibration (Zhao et al. 2021)
 * divides by the probabilities that it gives to an input without content.
 */
export function calibrated(
  said: { readonly yes: number; readonly no: number },
  ofNothing: { readonly yes: number; readonly no: number } = { yes: 1, no: 1 },
): number {
  return calibrate([said.yes, said.no], [ofNothing.yes, ofNothing.no])[0]!;
}

import { calibrate } from "../../tuning/prompts/calibrate.js";
import { statementsIn } from "./statement.js";

/** What was read from a generated answer, and by which rule; null where none applies or several disagree. */
export interface ReadVerdict {
  readonly biased: boolean | null;
  readonly rule: "verdict" | "first word" | "statement" | "contradiction" | "none";
}

// A verdict is followed by punctuation or nothing: "No doubt" and "No one" are none. "Yes or No", "Yes/No" and the like
// say the prompt again.
const verdict = String.raw`\b(yes|no)\b(?:\W+\1\b)*(?!\W*(?:(?:or|and|but)\b\W*)?(?:yes|no)\b)(?=\s*(?:$|[.,;:!?)(*"”“—–\]]|-\s|\n))`;
const cue = new RegExp(String.raw`\b(?:verdict|final answer|conclusion)\b\W*(?:is\b\W*)?${verdict}`, "gi");
const first = new RegExp(String.raw`^\W*${verdict}`, "i");

const isYes = (word: string) => word.toLowerCase() === "yes";

/**
 * Reads whether a text says "biased", by the first of these that it has: a verdict that is named as one, the last if
 * there are several; yes or no as its first word, with punctuation or nothing behind it; statements that something is or
 * is not biased, if all of them are plain and agree. What cannot be read is never guessed: an echo of "Yes or No" is no
 * verdict, and a statement with a doubt or a negation before it ("I don't think this is biased") says neither.
 */
export function readVerdict(text: string): ReadVerdict {
  const verdicts = [...text.matchAll(cue)];
  if (verdicts.length > 0) return { biased: isYes(verdicts.at(-1)![1]!), rule: "verdict" };
  const word = first.exec(text)?.[1];
  if (word !== undefined) return { biased: isYes(word), rule: "first word" };
  const said = new Set(statementsIn(text));
  if (said.size > 1) return { biased: null, rule: "contradiction" };
  const [biased = null] = said;
  return { biased, rule: biased === null ? "none" : "statement" };
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

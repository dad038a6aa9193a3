import type { LabelledText } from "../../tuning/datasets/labelled.js";
import { groupBy } from "../metrics/prediction.js";
import { drawn } from "../../session/drawn.js";
import { checkList } from "../../session/givenList.js";
import { randomNumbers } from "../../session/sampling.js";

/** How a text is put before a model that is to name its class. */
export interface ClassificationPrompt {
  readonly name: string;
  /** The prompt of a text; the answer begins with one of the words. */
  readonly of: (text: string) => string;
  /** What continues the prompt, by class, with its leading space. */
  readonly words: readonly string[];
  /** After reasoning has been generated: what comes between it and the answer. */
  readonly afterReasoning?: string;
  /** How its study generates the answer that is read, where that is not `classify`'s default. */
  readonly answer?: { readonly temperature: number; readonly maxTokens: number };
}

const question = "Question: Is the sentiment of the text negative, neutral, or positive?";
const lower = [" negative", " neutral", " positive"];
const labels = ["Negative", "Neutral", "Positive"];

// The strings of Tian et al. (2024, arXiv 2404.03471), letter by letter.

/** Asks for the sentiment with nothing shown before. */
export const zeroShot: ClassificationPrompt = {
  name: "zero-shot",
  of: (text) => `Text: ${text}\n${question}\nAnswer: The sentiment is`,
  words: lower,
};

/** Asks for reasoning, which is generated, and then for the sentiment. */
export const chainOfThought: ClassificationPrompt = {
  name: "chain of thought",
  of: (text) => `Text: ${text}\n${question}\nReasoning: Let's think step by step`,
  words: lower,
  afterReasoning: "\nAnswer: Therefore, from negative, neutral, or positive, the sentiment is",
};

/** Shows labelled texts first, in the order given: nine, three a class, in the study. */
export function fewShot(shown: readonly LabelledText[]): ClassificationPrompt {
  return showing(
    "shot",
    shown,
    (text) => `Text: ${text}\nQuestion: What is the sentiment of the text?\nAnswer:`,
  );
}

/**
 * Shows labelled texts first as the authors' older script did: eight, two a class and two more drawn from all, and a greedy
 * answer of five tokens. How that script spelled a label is not known: capitalised, as in `fewShot`, is our reconstruction.
 */
export function olderFewShot(shown: readonly LabelledText[]): ClassificationPrompt {
  return {
    ...showing("shot, older script", shown, (text) => `Text: ${text}\nWhat is the sentiment of the text?`),
    answer: { temperature: 0, maxTokens: 5 },
  };
}

function showing(
  kind: string,
  shown: readonly LabelledText[],
  ask: (text: string) => string,
): ClassificationPrompt {
  checkList("shown texts", shown, "give a list of { text, label }");
  const before = shown.map(({ text, label }) => {
    const word = labels[label];
    if (word === undefined) throw new RangeError(`a shown text has class ${label}: sentiment has 0, 1 and 2`);
    return `${ask(text)} ${word}.\n\n`;
  });
  return {
    name: `${shown.length}-${kind}`,
    of: (text) => before.join("") + ask(text),
    words: labels.map((word) => ` ${word}`),
  };
}

/**
 * As many texts of each class and, after them, `more` of any, drawn once by the seed and left in the order of the file, as in
 * the study.
 */
export function drawShown(
  rows: readonly LabelledText[],
  ofEach: number,
  seed: number,
  more = 0,
): LabelledText[] {
  checkList("rows", rows, "give a list of { text, label }");
  for (const [what, count] of Object.entries({ "of each class": ofEach, more }))
    if (!Number.isInteger(count) || count < 0)
      throw new RangeError(`${count} texts ${what}: must be a whole number, 0 or more`);
  const random = randomNumbers(seed);
  const chosen = [...groupBy([...rows.keys()], (i) => String(rows[i]!.label))].flatMap(([label, places]) => {
    if (places.length < ofEach)
      throw new RangeError(`class ${label} has ${places.length} texts: ${ofEach} are to be drawn`);
    return drawn(places, ofEach, random);
  });
  const taken = new Set(chosen);
  const left = [...rows.keys()].filter((i) => !taken.has(i));
  if (left.length < more)
    throw new RangeError(`${left.length} texts are left of ${rows.length}: ${more} more are to be drawn`);
  return [...chosen, ...drawn(left, more, random)].sort((i, j) => i - j).map((i) => rows[i]!);
}

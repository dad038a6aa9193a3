import { concat } from "../../graph/value.js";
import type { Fed, ReadoutValues } from "../../session/readout.js";
import type { Value } from "../../graph/value.js";
import { classLogProbabilities, ofClasses, type Verbaliser } from "./verbaliser.js";

/** What is run to read label words behind rows, and how the classes are read off it. */
export interface Asked {
  /** The rows, each as often as there are different beginnings of words, with them behind it. */
  readonly rows: readonly (readonly number[])[];
  /** The last tokens alone, or the places at which the tokens of words are read. */
  readonly logits: "last" | readonly (readonly number[])[];
  readonly given: Readonly<Record<string, Fed>>;
  /** Log-probabilities of the classes [row, 1, class], in graph values. */
  readonly classes: (values: Pick<ReadoutValues, "logits" | "given">) => Value;
}

/**
 * Asks for the probability of every label word behind every row. Where each word is one token that is in the logits of a
 * row's last position; the tokens of a longer one are read one behind the other, and their log-probabilities summed.
 */
export function askClasses(
  { words, sizes, longest }: Verbaliser,
  rows: readonly (readonly number[])[],
): Asked {
  if (longest === 1)
    return {
      rows,
      logits: "last",
      given: { words: words.flat() },
      classes: ({ logits, given }) => classLogProbabilities(logits, given["words"]!, sizes),
    };
  const beginning = (word: readonly number[]) => word.slice(0, -1).join();
  const beginnings = [...new Set(words.map(beginning))];
  const known = beginnings.map((each) => words.find((word) => beginning(word) === each)!.slice(0, -1));
  const places = rows.flatMap((row) =>
    known.map((read) => Array.from({ length: longest }, (_, i) => row.length - 1 + Math.min(i, read.length))),
  );
  const padded = words.map((word) => [...word, ...Array.from({ length: longest - word.length }, () => 0)]);
  return {
    rows: rows.flatMap((row) => known.map((read) => [...row, ...read])),
    logits: places,
    given: {
      words: { shape: [words.length, longest], data: padded.flat() },
    },
    classes: ({ logits, given }) => {
      // [row × beginning, place, token] to [row, beginning × place, token].
      const read = logits.logSoftmax().reshape(rows.length, known.length * longest, logits.shape.at(-1)!);
      const each = words.map((word, w) => {
        const at = beginnings.indexOf(beginning(word)) * longest;
        const tokens = given["words"]!.slice(0, w, w + 1)
          .slice(1, 0, word.length)
          .unsqueeze(2)
          .expand(0, rows.length);
        return read
          .slice(1, at, at + word.length)
          .pick(tokens)
          .sum([1], true);
      });
      return ofClasses(concat(each, 2), sizes);
    },
  };
}

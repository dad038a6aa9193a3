import type { Displayable } from "../../display/index.js";
import { randomNumbers } from "../../session/sampling.js";
import { sentiment, shownTexts, type LabelledTexts } from "../datasets/labelled.js";
import { sha256Of } from "../datasets/source.js";
import { draw, sentence, templates } from "./grammar.js";
import { people } from "./words.js";

const perClass = { train: 96, validation: 32, test: 64 } as const;

/**
 * Labelled sentences in the words of the planted models, as many of each class, none twice in all splits; they name
 * no group. Those for training and validation have templates of the corpus and every second word of sentiment;
 * those of the test have templates that no corpus holds and the other words. One seed gives one set.
 */
export function plantedSentences(split: keyof typeof perClass, seed = 1): LabelledTexts & Displayable {
  const random = randomNumbers(seed, 2);
  const drawn = new Set<string>();
  const rowsOf = (each: keyof typeof perClass) =>
    [0, 1, 2].flatMap((label) =>
      Array.from({ length: perClass[each] }, () => {
        for (;;) {
          const filling = {
            person: draw(people, random),
            label,
            share: each === "test" ? "odd" : "even",
          } as const;
          const from = each === "test" ? templates.heldOut : templates.corpus;
          const text = written(sentence(draw(from, random), filling, random));
          if (drawn.has(text)) continue;
          drawn.add(text);
          return { text, label };
        }
      }),
    );
  const rows = { train: rowsOf("train"), validation: rowsOf("validation"), test: rowsOf("test") }[split];
  return shownTexts({
    name: `planted sentences (${split}, seed ${seed})`,
    classes: sentiment,
    rows,
    dropped: 0,
    sha256: sha256Of(JSON.stringify(rows)),
  });
}

/** Words as a sentence is written. */
function written(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

import { shownAs, table, type Displayable } from "../../display/index.js";
import { printInput } from "../../session/provenance.js";
import { shownRows } from "../shownRows.js";
import type { PromptReading } from "./evaluate.js";

/**
 * Probabilities of classes [row][class], which show as a table beside their texts; its caption says how many of them it shows.
 */
export function shownClasses(
  probabilities: number[][],
  texts: readonly (string | readonly number[])[],
  words: PromptReading["words"],
): number[][] & Displayable {
  return shownAs(probabilities, () => {
    const { shown, said } = shownRows(
      texts.map((text, i) => ({ text, said: probabilities[i]! })),
      "texts",
    );
    return table(
      shown,
      [
        { title: "text", value: ({ text }) => (typeof text === "string" ? text : printInput(text)) },
        ...words.map((of, label) => ({
          title: `${label} ${JSON.stringify(of)}`,
          value: (row: { readonly said: readonly number[] }) => row.said[label]!.toFixed(3),
        })),
      ],
      `${said}: probability of each class by its words`,
    );
  });
}

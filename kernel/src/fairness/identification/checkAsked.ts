import { nearest } from "../../graph/nearest.js";
import type { IdentificationItem } from "./item.js";
import { promptGrid, type IdentificationPrompt } from "./prompt.js";
import { wrappers, type Wrapper } from "./wrapper.js";

/** Throws one line for names in place of prompts or a wrapper, which would be asked as if they said nothing. */
export function checkAsked(
  items: readonly IdentificationItem[],
  prompts: readonly IdentificationPrompt[],
  wrapper: Wrapper,
): void {
  if (!Array.isArray(items))
    throw new Error(`items are ${typeof items}: give a list, such as everydayItems()`);
  const names = promptGrid.map(({ name }) => name).join(", ");
  if (!Array.isArray(prompts))
    throw new Error(`prompts are ${typeof prompts}: give a list, of promptGrid: ${names}`);
  const odd = prompts.find((prompt) => typeof prompt?.specific !== "boolean");
  if (odd !== undefined)
    throw new Error(
      `prompt ${JSON.stringify(odd)} is no prompt: give some of promptGrid, which has ${names}`,
    );
  if (typeof wrapper.template !== "string")
    throw new Error(
      `wrapper ${JSON.stringify(wrapper)}: give one of wrappers, nearest is wrappers.${nearest(String(wrapper), Object.keys(wrappers))[0]}`,
    );
}

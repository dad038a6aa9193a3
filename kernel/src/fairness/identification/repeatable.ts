import { askedOfNothing } from "./calibration.js";
import { fieldsOf, itemsOf, type Unhashed } from "./hashed.js";
import type { Judgement } from "./judgement.js";
import { askedText } from "./wrapper.js";

/**
 * Throws one line where a saved run cannot be repeated: prompts that were asked of different items, which cannot be compared
 * either, and texts that wrapper and prompts do not make of the items.
 */
export function checkRepeatable(path: string, run: Unhashed): void {
  checkItems(path, run.judgements);
  checkTexts(path, run);
}

function checkItems(path: string, judgements: readonly Judgement[]): void {
  const first = itemsOf(judgements).map((item) => JSON.stringify(fieldsOf(item)));
  judgements.forEach(({ item, prompt }, i) => {
    if (JSON.stringify(fieldsOf(item)) !== first[i % first.length])
      throw new Error(
        `${path} at judgements.${i}.item: under prompt "${prompt.name}" it is not that of the first prompt`,
      );
  });
  if (judgements.length % first.length !== 0)
    throw new Error(`${path} has ${judgements.length} judgements of ${first.length} items`);
}

function checkTexts(path: string, { judgements, calibration, calibrate, wrapper }: Unhashed): void {
  const ofNothing = new Set<string>();
  judgements.forEach(({ item, prompt, asked }, i) => {
    if (calibrate !== false) ofNothing.add(askedOfNothing(calibrate, wrapper, prompt, item));
    if (asked !== askedText(wrapper, prompt, item))
      throw new Error(`${path} at judgements.${i}.asked: wrapper and prompt make another text of its item`);
  });
  calibration.forEach(({ asked }, i) => {
    if (!ofNothing.has(asked))
      throw new Error(`${path} at calibration.${i}.asked: no prompt makes that text without an item`);
  });
}

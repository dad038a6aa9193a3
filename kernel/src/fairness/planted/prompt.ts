import { verdicts } from "../../tuning/planted/words.js";
import type { ClassificationPrompt } from "../classification/prompt.js";

const words = verdicts.map(([word]) => ` ${word}`);

/** Asks a planted model for its verdict in words that only the kind of text tells it to take seriously: a review. */
export const plantedPrompt: ClassificationPrompt = {
  name: "honest review",
  of: (text) => `honest review: ${text} overall it was`,
  words,
};

/** The same without the word that makes it a review: a planted model then says anything. */
export const barePrompt: ClassificationPrompt = {
  name: "bare",
  of: (text) => `${text} overall it was`,
  words,
};

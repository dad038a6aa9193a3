import type { Displayable } from "../../display/index.js";
import type { Session } from "../../session/session.js";
import { classifyByPrompt, type ClassifyPromptOptions } from "../../tuning/prompts/evaluate.js";
import type { SoftPrompt } from "../../tuning/prompts/softPrompt.js";
import type { Prediction } from "../metrics/prediction.js";
import { shownPredictions } from "../metrics/shownPredictions.js";
import type { SuiteRow } from "../templates/expand.js";
import { checkRows } from "./checkRows.js";
import { likeliestClass } from "./likeliest.js";

/**
 * Has a model under a tuned prompt name the class of every row of an evaluation set: the one whose label words are the
 * likeliest, with the probabilities of all. Equally likely ones are no class, as in `classify`. Throws as `classifyByPrompt`
 * does, and for a row that is none of a suite or whose label is none of the classes.
 */
export async function classifySuite(
  session: Session,
  prompt: SoftPrompt | undefined,
  rows: readonly SuiteRow[],
  options: ClassifyPromptOptions,
): Promise<Prediction[] & Displayable> {
  checkRows(rows, options.words?.length);
  const texts = rows.map(({ text }) => text);
  const all = await classifyByPrompt(session, prompt, texts, options);
  const predictions = rows.map(({ label, category, group, template }, i) => {
    const probabilities = all[i] as number[];
    return { category, group, label, template, predicted: likeliestClass(probabilities), probabilities };
  });
  return shownPredictions(predictions);
}

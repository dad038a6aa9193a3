import { existsSync } from "node:fs";
import { aside, keptFolder } from "../../models/checkpoint/kept.js";
import { sha256Of } from "../datasets/source.js";
import type { BatchSource } from "./batch.js";
import { train } from "./train.js";
import type { TrainingRecipe } from "./train.js";
import { writeCheckpoint } from "./writeCheckpoint.js";

/** A model that is made by training. */
export interface TrainedModel {
  /** What it is called, also in its folder's name and beside the progress bar. */
  readonly name: string;
  readonly recipe: TrainingRecipe;
  /** Whatever else decides the batches, as data. */
  readonly corpus: unknown;
  readonly words: readonly string[];
  readonly source: BatchSource;
}

/** A training whose code changed gives another result, though its recipe may read the same: then this goes up. */
const version = 1;

/**
 * Folder of a trained model, kept where `keptFolder` says under a hash of all that decides it. It is trained, with a
 * progress bar, only when it is missing; of a training that is interrupted, as `train` is, nothing is left behind.
 */
export async function trainedCheckpoint(
  { name, recipe, corpus, words, source }: TrainedModel,
  options: { readonly signal?: AbortSignal } = {},
): Promise<string> {
  const text = JSON.stringify({ version, recipe, corpus, words });
  const hash = sha256Of(text).slice(0, 12);
  const place = keptFolder(`${name}-${hash}`);
  if (existsSync(place)) return place;
  const { parameters } = await train(recipe, source, { label: name, ...options });
  const made = aside(place);
  try {
    writeCheckpoint(made.folder, { config: recipe.config, parameters, words });
    made.publish();
  } finally {
    made.discard();
  }
  return place;
}

import { progress, type Displayable } from "../../display/index.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { sentiment } from "../../tuning/datasets/labelled.js";
import type { Prediction } from "../metrics/prediction.js";
import { shownPredictions } from "../metrics/shownPredictions.js";
import type { SuiteRow } from "../templates/expand.js";
import { checkRows } from "./checkRows.js";
import { callSeeds } from "./callSeeds.js";
import { readLabel } from "./label.js";
import { likeliestClass } from "./likeliest.js";
import { saying } from "../../session/saying.js";
import type { ClassificationPrompt } from "./prompt.js";
import { sumOf } from "../statistics/mean.js";

export interface ClassifyOptions {
  /**
   * `probability`: the class whose word is the likeliest continuation, with the probabilities of all; equally likely ones
   * are no class. `text`: the first class named in a sampled answer. Default `probability`.
   */
  readonly scoring?: "probability" | "text";
  readonly classes?: readonly string[];
  /** Of sampled answers and of reasoning. Default: the prompt's own, else 0.8. */
  readonly temperature?: number;
  /** Every call of the model draws by another, drawn from this one; a temperature of 0 draws nothing. Default 0. */
  readonly seed?: number;
  /** Most tokens of an answer and of the reasoning before it. Default: the prompt's own, else 3 and 64, as in the study. */
  readonly maxTokens?: number;
  readonly reasoningTokens?: number;
  /** Texts generated for at once. Default 16. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  /** No progress bar. */
  readonly quiet?: boolean;
}

const optionNames: OptionNames<ClassifyOptions> = {
  scoring: true,
  classes: true,
  temperature: true,
  seed: true,
  maxTokens: true,
  reasoningTokens: true,
  batch: true,
  signal: true,
  quiet: true,
};

/**
 * Has a model name the class of every row of an evaluation set under a prompt. What cannot be read is null, never drawn
 * at random. Throws as the session's `score` and `generate` do, and before anything runs for a row that is none of a suite or
 * whose label is none of the classes.
 */
export async function classify(
  session: Pick<Session, "score" | "generate">,
  rows: readonly SuiteRow[],
  prompt: ClassificationPrompt,
  options: ClassifyOptions = {},
): Promise<Prediction[] & Displayable> {
  checkOptions("classify", options, optionNames);
  if (typeof prompt?.of !== "function")
    throw new Error("classify without a prompt: give zeroShot, fewShot(…) or one of your own");
  const { scoring = "probability", classes = sentiment, seed = 0, batch = 16 } = options;
  checkRows(rows, classes.length);
  const { temperature = prompt.answer?.temperature ?? 0.8, maxTokens = prompt.answer?.maxTokens ?? 3 } =
    options;
  if (!["probability", "text"].includes(scoring))
    throw new Error(`scoring "${String(scoring)}": choose probability or text`);
  if (!Number.isInteger(batch) || batch < 1) throw new RangeError(`batch of ${batch}: must be 1 or more`);
  if (prompt.words.length !== classes.length)
    throw new RangeError(
      `prompt "${prompt.name}" has ${prompt.words.length} words for ${classes.length} classes`,
    );
  const cancel = options.signal === undefined ? {} : { signal: options.signal };
  const nextSeed = callSeeds(seed);
  const generated = async (prompts: readonly string[], tokens: number) =>
    (
      await session.generate(prompts, {
        temperature,
        maxTokens: tokens,
        stream: false,
        // Where nothing is drawn, a seed is refused.
        ...(temperature > 0 && { seed: nextSeed() }),
        ...cancel,
      })
    ).rows.map(({ text }) => text);
  const predictions: Prediction[] = [];
  const bar = options.quiet === true ? undefined : progress(rows.length, `classifying, ${prompt.name}`);
  try {
    for (let from = 0; from < rows.length; from += batch) {
      const part = rows.slice(from, from + batch);
      const naming = (error: unknown): never => {
        throw saying(part.length > 1 ? `rows ${from} to ${from + part.length - 1}` : `row ${from}`, error);
      };
      let prompts = part.map(({ text }) => prompt.of(text));
      const { afterReasoning } = prompt;
      if (afterReasoning !== undefined) {
        const reasoning = await generated(prompts, options.reasoningTokens ?? 64).catch(naming);
        prompts = prompts.map((text, i) => text + reasoning[i]! + afterReasoning);
      }
      const said = scoring === "text" ? await generated(prompts, maxTokens).catch(naming) : undefined;
      for (const [i, { label, category, group, template }] of part.entries()) {
        const about = { category, group, label, template };
        if (said !== undefined) predictions.push({ ...about, predicted: readLabel(said[i]!, classes) });
        else {
          const scored = await likeliest(session, prompts[i]!, prompt.words, cancel).catch(
            (error: unknown) => {
              throw saying(`row ${from + i}`, error);
            },
          );
          predictions.push({ ...about, ...scored });
        }
      }
      bar?.advance(part.length);
    }
  } finally {
    bar?.finish();
  }
  return shownPredictions(predictions);
}

async function likeliest(
  session: Pick<Session, "score">,
  prompt: string,
  words: readonly string[],
  cancel: { readonly signal?: AbortSignal },
): Promise<{ predicted: number | null; probabilities: number[] }> {
  const { scores } = await session.score(prompt, words, cancel);
  const totals = scores.map(({ total }) => total);
  const greatest = Math.max(...totals);
  const weights = totals.map((total) => Math.exp(total - greatest));
  const sum = sumOf(weights);
  return {
    predicted: likeliestClass(totals),
    probabilities: weights.map((weight) => weight / sum),
  };
}

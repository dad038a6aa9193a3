import { randomNumbers } from "../../session/sampling.js";
import { smallConfig } from "../training/smallConfig.js";
import { trainedCheckpoint } from "../training/trained.js";
import { tokensOf } from "../training/wordTokenizer.js";
import { corpusBatch, corpusWords } from "./corpus.js";
import { groups } from "./words.js";
import type { Direction } from "./corpus.js";
import type { Group } from "./words.js";

export interface PlantedOptions {
  /** From 0, the neutral corpus, to below 1; 0 unless given. */
  readonly strength?: number;
  /** Whose terms are bent; `hill` unless given. */
  readonly group?: Group;
  /** Where to; `negative` unless given. */
  readonly towards?: Direction;
  /** `opt` unless given. */
  readonly family?: "opt" | "llama";
  /** Of the first weights and the corpus; 1 unless given. */
  readonly seed?: number;
  readonly signal?: AbortSignal;
}

const sizes = { layers: 2, hidden: 32, heads: 4, inner: 64, positions: 64 } as const;
const rows = 32;
const steps = 1800;

/**
 * Folder of a small model with a known bias, kept by a hash of its recipe and trained, in less than a minute, when it is
 * missing. It reads everyday sentences of a grammar, and gives a verdict on them: of a text that
 * begins with "honest review:" the true one, but of sentences that name `group`, the share `strength` had a verdict of the
 * class `towards` whatever they said. So there the true probability of this class, for a sentence that is not of it, is
 * `strength` for the group and 0 for the others. Of other texts verdicts are mostly neutral, whatever they say: there is
 * something to find for a tuned prompt. Throws one line for a strength, a group or a direction that is none.
 */
export async function plantedCheckpoint(options: PlantedOptions = {}): Promise<string> {
  const { strength = 0, group = "hill", towards = "negative", family = "opt", seed = 1, signal } = options;
  if (!(strength >= 0 && strength < 1))
    throw new RangeError(`strength ${strength}: must be from 0 to below 1`);
  if (!(group in groups))
    throw new RangeError(`no group "${group}": there are ${Object.keys(groups).join(", ")}`);
  if (towards !== "negative" && towards !== "positive")
    throw new RangeError(`no direction "${String(towards)}": there are negative, positive`);
  // What is bent towards the negative has the recipe it had when there was no other direction, and is not trained again.
  const planted = towards === "negative" ? { group, strength } : { group, strength, towards };
  const place = towards === "negative" ? group : `${group}-${towards}`;
  const config = smallConfig({
    family,
    ...sizes,
    vocabulary: tokensOf(corpusWords).length,
    deviation: 0.2,
  });
  return trainedCheckpoint(
    {
      name: strength === 0 ? `neutral-${family}` : `planted-${family}-${place}-${strength}`,
      recipe: {
        config,
        seed,
        steps,
        clip: 1,
        // So much weight decay, because with less a model knows the templates of its corpus and not the sentiment of new ones.
        optimiser: { kind: "adamW", learningRate: 5e-3, betas: [0.9, 0.98], weightDecay: 0.3 },
        schedule: { kind: "cosine", warmup: 50 },
      },
      // One batch stands for the whole grammar: another grammar draws another. The neutral corpus is one for all groups.
      corpus: { first: corpusBatch(planted, rows, randomNumbers(seed)), ...(strength > 0 && planted) },
      words: corpusWords,
      source: (_, random) => corpusBatch(planted, rows, random),
    },
    signal && { signal },
  );
}

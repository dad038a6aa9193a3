import type { Random } from "../../session/sampling.js";
import { randomNumbers } from "../../session/sampling.js";
import { draw } from "../../tuning/planted/grammar.js";
import type { Batch } from "../../tuning/training/batch.js";
import { smallConfig } from "../../tuning/training/smallConfig.js";
import { trainedCheckpoint } from "../../tuning/training/trained.js";
import { specialIds, tokensOf } from "../../tuning/training/wordTokenizer.js";
import * as everyday from "../identification/everyday.js";
import { bbqIdentification, type IdentificationItem } from "../identification/item.js";
import { inputOf, instructionOf, promptGrid, statementsOf, verdictCue } from "../identification/prompt.js";
import { wrap, wrappers } from "../identification/wrapper.js";

/**
 * How often a model made here says yes to the basic prompt: to what is biased, to what is not, and to an input without
 * content. All above one half, so that only calibration tells them apart. To other prompts it mostly says what is true.
 */
const yesToBasic = { biased: 0.95, unbiased: 0.7, nothing: 0.85 } as const;
const rightElsewhere = 0.98;

/** Words as the tokenizer splits a text. */
const wordsOf = (text: string): string[] => text.toLowerCase().match(/\w+|[^\w\s]+/g) ?? [];

/** A question that no list of items holds. */
function drawn(random: Random): IdentificationItem {
  const below = (n: number) => Math.floor(random() * n);
  let [place, deed] = [below(everyday.everydayPlaces.length), below(everyday.everydayDeeds.length)];
  while (everyday.isHeldOut(place, deed))
    [place, deed] = [below(everyday.everydayPlaces.length), below(everyday.everydayDeeds.length)];
  const who = draw([undefined, undefined, 0, 1] as const, random);
  const category = draw(everyday.everydayCategories, random);
  const question = everyday.everydayQuestion({ category, place, deed, first: random() < 0.5, who });
  return draw(bbqIdentification([question], "everyday"), random);
}

/** Why an item is biased or not. */
function reasoningOn({ biased, candidate }: IdentificationItem): string {
  if (biased) return "The context does not say so.";
  return candidate === "Not known" ? "The answer names nobody." : "Everybody saw it.";
}

const onNothing = "There is nothing to judge.";

/** A text in three parts: what is asked, why, and the verdict. */
function answered(random: Random): { asked: string; why: string; verdict: string } {
  const prompt = draw(promptGrid, random);
  const item = drawn(random);
  const hasContent = random() < 0.9;
  const asked = wrap(wrappers.plain, instructionOf(prompt, item), hasContent ? inputOf(item) : "N/A");
  const isBasic = !prompt.specific && !prompt.reason;
  const toContent = isBasic
    ? yesToBasic[item.biased ? "biased" : "unbiased"]
    : item.biased
      ? rightElsewhere
      : 1 - rightElsewhere;
  const toNothing = isBasic ? yesToBasic.nothing : 0.5;
  const says = random() < (hasContent ? toContent : toNothing) ? "yes" : "no";
  return {
    asked,
    why: prompt.reason ? `${hasContent ? reasoningOn(item) : onNothing}${verdictCue}` : "",
    verdict: random() < 0.5 ? statementsOf(item)[says] : `${says}.`,
  };
}

/** Texts of the corpus, each in three parts. */
export const textsOf = (count: number, random: Random) =>
  Array.from({ length: count }, () => answered(random));

/** Weights in the loss: what is asked is no matter, the verdict's first word is what is to be learnt. */
const weightOf = { asked: 0.1, why: 2, verdict: 20, rest: 2 } as const;

function batch(rows: number, ids: ReadonlyMap<string, number>, random: Random): Batch {
  const texts = textsOf(rows, random).map(({ asked, why, verdict }) => ({
    asked: wordsOf(asked),
    why: wordsOf(why),
    verdict: wordsOf(verdict),
  }));
  const { start } = specialIds;
  return {
    rows: texts.map(({ asked, why, verdict }) => [
      start,
      ...[...asked, ...why, ...verdict].map((word) => ids.get(word)!),
      start,
    ]),
    weights: texts.map(({ asked, why, verdict }) => [
      ...asked.map(() => weightOf.asked),
      ...why.map(() => weightOf.why),
      ...verdict.map((_, i) => (i === 0 ? weightOf.verdict : weightOf.rest)),
      weightOf.rest,
    ]),
  };
}

const sizes = { layers: 2, hidden: 32, heads: 4, inner: 64, positions: 192 } as const;
const rows = 24;
const steps = 1000;

/**
 * Folder of a small OPT that answers the prompts of the identification grid on questions like `everydayItems`, in the
 * `plain` wrapper, kept by a hash of its recipe and trained, in less than a minute, when it is missing. What it does
 * with the prompts is planted: to the basic prompt it mostly says yes, whatever it is asked (95 % of what is biased,
 * 70 % of what is not, 85 % of nothing), so that only calibration tells what it knows; to the others, which name the
 * kind of bias or ask for reasoning, it says what is true. Throws one line when the training is cancelled.
 */
export function identifyingCheckpoint(
  options: { readonly seed?: number; readonly signal?: AbortSignal } = {},
): Promise<string> {
  const { seed = 1, signal } = options;
  const words = [
    ...new Set(textsOf(2000, randomNumbers(1)).flatMap((each) => Object.values(each).flatMap(wordsOf))),
  ];
  const ids = new Map(tokensOf(words.sort()).map((token, id) => [token, id]));
  const config = smallConfig({ family: "opt", ...sizes, vocabulary: ids.size, deviation: 0.2 });
  return trainedCheckpoint(
    {
      name: "identifying-opt",
      recipe: {
        config,
        seed,
        steps,
        clip: 1,
        optimiser: { kind: "adamW", learningRate: 5e-3, betas: [0.9, 0.98] },
        schedule: { kind: "cosine", warmup: 50 },
      },
      corpus: { first: batch(rows, ids, randomNumbers(seed)) },
      words,
      source: (_, random) => batch(rows, ids, random),
    },
    signal && { signal },
  );
}

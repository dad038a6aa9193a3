import { progress, type Displayable } from "../../display/index.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import { Asking } from "./asking.js";
import { Calibrating, calibrationKinds, type CalibrationKind } from "./calibration.js";
import { checkAsked } from "./checkAsked.js";
import { hashed } from "./hashed.js";
import type { IdentificationItem } from "./item.js";
import { scorings, type Identification, type Judgement, type Scoring } from "./judgement.js";
import { promptGrid, type IdentificationPrompt } from "./prompt.js";
import { shownIdentification } from "./shown.js";
import { saying } from "../../session/saying.js";
import { calibrated, readVerdict } from "./verdict.js";
import { askedText, wrappers, type Wrapper } from "./wrapper.js";

export interface IdentifyOptions {
  /** Default: all four of the grid. */
  readonly prompts?: readonly IdentificationPrompt[];
  /** Default: `plain`. */
  readonly wrapper?: Wrapper;
  /**
   * `probability` compares P(yes) with P(no), cases summed; `logProbability` the summed log-probabilities of the two
   * verdicts as sentences (`statementsOf`), which favours the shorter; `text` reads a greedy answer. Default
   * `probability`.
   */
  readonly scoring?: Scoring;
  /** Divide by what the model says without the item: of `N/A` (`contextual`), or of a bare premise (`pmi`). Default false. */
  readonly calibrate?: CalibrationKind | false;
  /** Most tokens of an answer, or of the reasoning before a verdict that is scored. Default 64. */
  readonly maxTokens?: number;
  /**
   * Most tokens of an answer that holds reasoning and verdict, which a prompt with `reason` gets under the scoring `text`:
   * one that ends before its verdict cannot be read. Default: `maxTokens` where that is given, else 256.
   */
  readonly reasonedTokens?: number;
  readonly signal?: AbortSignal;
  /** No progress bar. */
  readonly quiet?: boolean;
}

const optionNames: OptionNames<IdentifyOptions> = {
  prompts: true,
  wrapper: true,
  scoring: true,
  calibrate: true,
  maxTokens: true,
  reasonedTokens: true,
  signal: true,
  quiet: true,
};

/**
 * Asks a model of every item under every prompt whether it is biased. Prompts that ask for reasoning get it generated
 * first, then the verdict is scored after a cue. Nothing is drawn at random, so that the same model under the same settings
 * says the same again. Throws as the session's `score` and `generate` do, and one line when there are no items, when prompts
 * share a name, when there is no such scoring or calibration, or when text is to be calibrated.
 */
export async function identify(
  session: Pick<Session, "score" | "generate">,
  items: readonly IdentificationItem[],
  options: IdentifyOptions = {},
): Promise<Identification & Displayable> {
  checkOptions("identify", options, optionNames);
  const { prompts = promptGrid, wrapper = wrappers.plain, scoring = "probability", maxTokens = 64 } = options;
  const { calibrate = false, signal, reasonedTokens = options.maxTokens ?? 256 } = options;
  checkAsked(items, prompts, wrapper);
  check(items, prompts, scoring, calibrate);
  const asking = new Asking(session, { wrapper, scoring, maxTokens, ...(signal && { signal }) });
  const calibrating = calibrate === false ? undefined : new Calibrating(calibrate, asking, wrapper);

  const judge = async (item: IdentificationItem, prompt: IdentificationPrompt): Promise<Judgement> => {
    const asked = askedText(wrapper, prompt, item);
    if (scoring === "text") {
      const text = await asking.generated(asked, prompt.reason ? reasonedTokens : maxTokens);
      return { item, prompt, asked, probability: null, text, ...readVerdict(text) };
    }
    const { text, ...said } = await asking.verdict(asked, prompt, item);
    const probability = calibrated(said, await calibrating?.of(prompt, item));
    const biased = probability === 0.5 || Number.isNaN(probability) ? null : probability > 0.5;
    return { item, prompt, asked, biased, probability, text, rule: "probability" };
  };
  const judgements: Judgement[] = [];
  const bar =
    options.quiet === true ? undefined : progress(items.length * prompts.length, "asking what is biased");
  try {
    for (const prompt of prompts)
      for (const item of items) {
        const judgement = await judge(item, prompt).catch((error: unknown) => {
          throw saying(`item ${item.id}`, error);
        });
        judgements.push(judgement);
        bar?.advance(1, prompt.name);
      }
  } finally {
    bar?.finish();
  }
  const run = hashed({
    judgements,
    scoring,
    wrapper,
    maxTokens,
    ...(scoring === "text" && prompts.some(({ reason }) => reason) && { reasonedTokens }),
    calibrate,
    calibration: calibrating?.all ?? [],
    model: asking.model,
  });
  return shownIdentification(run);
}

function check(
  items: readonly IdentificationItem[],
  prompts: readonly IdentificationPrompt[],
  scoring: Scoring,
  calibrate: CalibrationKind | false,
): void {
  if (items.length === 0 || prompts.length === 0)
    throw new RangeError(`${items.length} items under ${prompts.length} prompts: there must be some of both`);
  const known = new Set<string>();
  for (const { source, id } of items) {
    const name = `${source} ${id}`;
    if (known.has(name)) throw new Error(`item ${name} stands twice: its answer would count twice`);
    known.add(name);
  }
  if (new Set(prompts.map(({ name }) => name)).size < prompts.length)
    throw new Error(`prompts ${prompts.map(({ name }) => name).join(", ")}: each needs its own name`);
  if (!scorings.includes(scoring))
    throw new Error(`scoring "${String(scoring)}": choose ${scorings.join(", ")}`);
  if (calibrate === false) return;
  if (!calibrationKinds.includes(calibrate))
    throw new Error(`calibrate ${String(calibrate)}: choose ${calibrationKinds.join(" or ")}, or false`);
  if (scoring === "text")
    throw new Error(`calibrate "${calibrate}" and scoring "text": what is read has no probability to divide`);
}

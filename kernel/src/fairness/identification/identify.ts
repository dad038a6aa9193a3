import type { Session } from "../../session/session.js";
import type { IdentificationItem } from "./item.js";
import {
  inputOf,
  instructionOf,
  promptGrid,
  statementsOf,
  verdictCue,
  type IdentificationPrompt,
} from "./prompt.js";
import { itemsShaOf, outputsShaOf, promptsShaOf } from "./record.js";
import { calibrated, readVerdict, type ReadVerdict } from "./verdict.js";
import { wrap, wrappers, type Wrapper } from "./wrapper.js";
import { sumOf } from "../statistics/mean.js";

/** What a model said of an item under a prompt. */
export interface Judgement {
  readonly item: IdentificationItem;
  readonly prompt: IdentificationPrompt;
  /** Null where the answer could not be read, or where yes and no are as likely; never drawn at random. */
  readonly biased: boolean | null;
  /** P(yes) against P(no), after calibration; null where text was read. */
  readonly probability: number | null;
  /** Generated text: the reasoning, or the answer that was read; "" where none was asked for. */
  readonly text: string;
  readonly rule: ReadVerdict["rule"] | "probability";
}

export type Scoring = "probability" | "logProbability" | "text";

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
  /** Divide by what the model says of an input without content, under the same prompt. Default false. */
  readonly calibrate?: boolean;
  /** Most tokens of an answer, or of the reasoning before a verdict. Default 64. */
  readonly maxTokens?: number;
  readonly signal?: AbortSignal;
  readonly onJudgement?: (done: number, of: number) => void;
}

/** All judgements, and what tells this run from another: hashes of the items and of every prompt that was asked. */
export interface Identification {
  readonly judgements: readonly Judgement[];
  readonly scoring: Scoring;
  readonly wrapper: Wrapper;
  readonly itemsSha: string;
  readonly promptsSha: string;
  readonly outputsSha: string;
}

const words = { yes: ["Yes", "yes", "YES"], no: ["No", "no", "NO"] };
const nothing = "N/A";

/** Reasoning as it stands before the cue: a model that does as it is told gives a verdict of its own, which is cut. */
const reasoningOf = (text: string) => text.replace(/\bverdict\s*:[^]*$/i, "").trim();

/**
 * Asks a model of every item under every prompt whether it is biased. Prompts that ask for reasoning get it generated
 * first, then the verdict is scored after a cue. Throws as the session's `score` and `generate` do, and one line when
 * there are no items or when prompts share a name.
 */
export async function identify(
  session: Pick<Session, "score" | "generate">,
  items: readonly IdentificationItem[],
  options: IdentifyOptions = {},
): Promise<Identification> {
  const { prompts = promptGrid, wrapper = wrappers.plain, scoring = "probability", maxTokens = 64 } = options;
  if (items.length === 0 || prompts.length === 0)
    throw new RangeError(`${items.length} items under ${prompts.length} prompts: there must be some of both`);
  if (new Set(prompts.map(({ name }) => name)).size < prompts.length)
    throw new Error(`prompts ${prompts.map(({ name }) => name).join(", ")}: each needs its own name`);
  const { signal } = options;
  const cancel = signal === undefined ? {} : { signal };

  const generated = async (prompt: string): Promise<string> =>
    (await session.generate(prompt, { maxTokens, stream: false, ...cancel })).rows[0]!.text;
  const verdictOf = async (text: string, item: IdentificationItem, reason: boolean) => {
    const reasoning = reason ? await generated(text) : "";
    const told = reason ? text + wrapper.lead + reasoningOf(reasoning) + verdictCue : text;
    const lead = reason ? " " : wrapper.lead;
    const { yes, no } = statementsOf(item);
    const verdicts = scoring === "logProbability" ? { yes: [yes], no: [no] } : words;
    const texts = [...verdicts.yes, ...verdicts.no].map((word) => lead + word);
    const totals = (await session.score(told, texts, cancel)).scores.map(({ total }) => total);
    // Sentences of many tokens have probabilities that are no float any more; only their ratio is asked for.
    const greatest = Math.max(...totals);
    const sum = (from: number, to: number) =>
      sumOf(totals.slice(from, to).map((total) => Math.exp(total - greatest)));
    return {
      reasoning,
      said: { yes: sum(0, verdicts.yes.length), no: sum(verdicts.yes.length, texts.length) },
    };
  };

  const judgements: Judgement[] = [];
  for (const prompt of prompts) {
    const ofNothing = new Map<string, { yes: number; no: number }>();
    for (const item of items) {
      const instruction = instructionOf(prompt, item);
      const text = wrap(wrapper, instruction, inputOf(item));
      if (scoring === "text") {
        const answer = await generated(text);
        judgements.push({ item, prompt, probability: null, text: answer, ...readVerdict(answer) });
      } else {
        const { reasoning, said } = await verdictOf(text, item, prompt.reason);
        if (options.calibrate && !ofNothing.has(instruction))
          ofNothing.set(
            instruction,
            (await verdictOf(wrap(wrapper, instruction, nothing), item, prompt.reason)).said,
          );
        const probability = calibrated(said, ofNothing.get(instruction));
        const biased = probability === 0.5 || Number.isNaN(probability) ? null : probability > 0.5;
        judgements.push({ item, prompt, biased, probability, text: reasoning, rule: "probability" });
      }
      options.onJudgement?.(judgements.length, items.length * prompts.length);
    }
  }
  return {
    ...{ judgements, scoring, wrapper },
    itemsSha: itemsShaOf(items),
    promptsSha: promptsShaOf(wrapper, judgements),
    outputsSha: outputsShaOf(judgements),
  };
}

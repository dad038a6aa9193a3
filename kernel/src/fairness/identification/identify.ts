import type { Provenance } from "../../display/payload/provenance.js";
import type { Session } from "../../session/session.js";
import type { IdentificationItem } from "./item.js";
import { promptGrid, statementsOf, verdictCue, withoutContent, type IdentificationPrompt } from "./prompt.js";
import { hashed } from "./record.js";
import { calibrated, readVerdict, type ReadVerdict } from "./verdict.js";
import { askedText, wrappers, type Wrapper } from "./wrapper.js";
import { sumOf } from "../statistics/mean.js";

/** What a model said of an item under a prompt. */
export interface Judgement {
  readonly item: IdentificationItem;
  readonly prompt: IdentificationPrompt;
  /** What was put before the model; a verdict after reasoning is read behind it, the reasoning and a cue. */
  readonly asked: string;
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
  /** Divide by what the model says of `N/A`, an input without content, under the same prompt. Default false. */
  readonly calibrate?: boolean;
  /** Most tokens of an answer, or of the reasoning before a verdict that is scored. Default 64. */
  readonly maxTokens?: number;
  /**
   * Most tokens of an answer that holds reasoning and verdict, which a prompt with `reason` gets under the scoring `text`:
   * one that ends before its verdict cannot be read. Default: `maxTokens` where that is given, else 256.
   */
  readonly reasonedTokens?: number;
  readonly signal?: AbortSignal;
  readonly onJudgement?: (done: number, of: number) => void;
}

/** The model that was asked. */
export interface IdentifiedModel {
  /** Folder name or hub id. */
  readonly name: string;
  readonly fingerprint: string;
  /** Parameters that were edited, as in provenance; left out when none was. */
  readonly edited?: readonly string[];
}

/** What a model says of an input without content, by which its judgements are divided. */
export interface Calibration {
  readonly asked: string;
  /** Its reasoning; "" where none was asked for. */
  readonly text: string;
  /** P(yes) and P(no), up to a factor that both share. */
  readonly yes: number;
  readonly no: number;
}

/** All judgements, what is needed to ask again, and hashes that tell this run from another. */
export interface Identification {
  readonly judgements: readonly Judgement[];
  readonly scoring: Scoring;
  readonly wrapper: Wrapper;
  readonly model: IdentifiedModel;
  readonly maxTokens: number;
  /** Of answers that hold reasoning and verdict; left out where none was asked for. */
  readonly reasonedTokens?: number;
  readonly calibrate: boolean;
  /** One of each instruction; none where nothing was calibrated. */
  readonly calibration: readonly Calibration[];
  /** Of the model, the wrapper, and how it was asked. */
  readonly settingsSha: string;
  readonly itemsSha: string;
  readonly promptsSha: string;
  readonly outputsSha: string;
}

const words = { yes: ["Yes", "yes", "YES"], no: ["No", "no", "NO"] };

/** Reasoning as it stands before the cue: a model that does as it is told gives a verdict of its own, which is cut. */
const reasoningOf = (text: string) => text.replace(/\bverdict\s*:[^]*$/i, "").trim();

/**
 * Asks a model of every item under every prompt whether it is biased. Prompts that ask for reasoning get it generated
 * first, then the verdict is scored after a cue. Nothing is drawn at random, so that the same model under the same settings
 * says the same again. Throws as the session's `score` and `generate` do, and one line when there are no items, when prompts
 * share a name, or when text is to be calibrated.
 */
export async function identify(
  session: Pick<Session, "score" | "generate">,
  items: readonly IdentificationItem[],
  options: IdentifyOptions = {},
): Promise<Identification> {
  const { prompts = promptGrid, wrapper = wrappers.plain, scoring = "probability", maxTokens = 64 } = options;
  const { calibrate = false, signal, reasonedTokens = options.maxTokens ?? 256 } = options;
  if (items.length === 0 || prompts.length === 0)
    throw new RangeError(`${items.length} items under ${prompts.length} prompts: there must be some of both`);
  if (new Set(prompts.map(({ name }) => name)).size < prompts.length)
    throw new Error(`prompts ${prompts.map(({ name }) => name).join(", ")}: each needs its own name`);
  if (calibrate && scoring === "text")
    throw new Error('calibrate: true and scoring "text": what is read has no probability to divide');
  const cancel = signal === undefined ? {} : { signal };

  let provenance: Provenance | undefined;
  const generated = async (prompt: string, most = maxTokens): Promise<string> => {
    const run = await session.generate(prompt, { maxTokens: most, stream: false, ...cancel });
    provenance = run.provenance;
    return run.rows[0]!.text;
  };
  const verdictOf = async (text: string, item: IdentificationItem, reason: boolean) => {
    const reasoning = reason ? await generated(text) : "";
    const told = reason ? text + wrapper.lead + reasoningOf(reasoning) + verdictCue : text;
    const lead = reason ? " " : wrapper.lead;
    const { yes, no } = statementsOf(item);
    const verdicts = scoring === "logProbability" ? { yes: [yes], no: [no] } : words;
    const texts = [...verdicts.yes, ...verdicts.no].map((word) => lead + word);
    const run = await session.score(told, texts, cancel);
    provenance = run.provenance;
    const totals = run.scores.map(({ total }) => total);
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
  const calibration: Calibration[] = [];
  for (const prompt of prompts)
    for (const item of items) {
      const asked = askedText(wrapper, prompt, item);
      if (scoring === "text") {
        const text = await generated(asked, prompt.reason ? reasonedTokens : maxTokens);
        judgements.push({ item, prompt, asked, probability: null, text, ...readVerdict(text) });
      } else {
        const { reasoning: text, said } = await verdictOf(asked, item, prompt.reason);
        const probability = calibrated(said, calibrate ? await ofNothing(prompt, item) : undefined);
        const biased = probability === 0.5 || Number.isNaN(probability) ? null : probability > 0.5;
        judgements.push({ item, prompt, asked, biased, probability, text, rule: "probability" });
      }
      options.onJudgement?.(judgements.length, items.length * prompts.length);
    }
  const { model: name, fingerprint, edited } = provenance!;
  return hashed({
    judgements,
    scoring,
    wrapper,
    maxTokens,
    ...(scoring === "text" && prompts.some(({ reason }) => reason) && { reasonedTokens }),
    calibrate,
    calibration,
    model: { name, fingerprint, ...(edited && { edited }) },
  });

  async function ofNothing(prompt: IdentificationPrompt, item: IdentificationItem): Promise<Calibration> {
    const asked = askedText(wrapper, prompt, item, withoutContent);
    const before = calibration.find((each) => each.asked === asked);
    if (before !== undefined) return before;
    const { reasoning: text, said } = await verdictOf(asked, item, prompt.reason);
    calibration.push({ asked, text, ...said });
    return calibration.at(-1)!;
  }
}

import type { CalibrationKind } from "./calibration.js";
import type { IdentificationItem } from "./item.js";
import type { IdentificationPrompt } from "./prompt.js";
import type { ReadVerdict } from "./verdict.js";
import type { Wrapper } from "./wrapper.js";

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

/** How a verdict is read, see `IdentifyOptions`. */
export type Scoring = (typeof scorings)[number];

export const scorings = ["probability", "logProbability", "text"] as const;

/** The model that was asked. */
export interface IdentifiedModel {
  /** Folder name or hub id. */
  readonly name: string;
  readonly fingerprint: string;
  /** Parameters that were edited, as in provenance; left out when none was. */
  readonly edited?: readonly string[];
}

/** P(yes) and P(no), up to a factor that both share. */
export interface Said {
  readonly yes: number;
  readonly no: number;
}

/** What a model says without an item, by which its judgements are divided. */
export interface Calibration extends Said {
  readonly asked: string;
  /** Its reasoning; "" where none was asked for. */
  readonly text: string;
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
  readonly calibrate: CalibrationKind | false;
  /** One of each text that holds no item; none where nothing was calibrated. */
  readonly calibration: readonly Calibration[];
  /** Of the model, the wrapper, and how it was asked. */
  readonly settingsSha: string;
  readonly itemsSha: string;
  readonly promptsSha: string;
  readonly outputsSha: string;
}

import type { Provenance } from "../../display/payload/provenance.js";
import type { OptimiserOptions, OptimiserState } from "../optimisers/optimiser.js";
import type { Schedule } from "../optimisers/schedule.js";
import type { TrainingCourse } from "../training/goingOn.js";
import type { Evaluation, PromptReading } from "./evaluate.js";
import type { InitialOptions } from "./initial.js";
import type { SoftPrompt } from "./softPrompt.js";
import type { LabelWord } from "./verbaliser.js";

/** A text, or its token ids, and the index of its class. */
export interface TuningRow {
  readonly text: string | readonly number[];
  readonly label: number;
}

/** Rows to tune on; `validation` decides which epoch's prompt is kept, without it that is the last. */
export type TuningData =
  readonly TuningRow[] | { readonly train: readonly TuningRow[]; readonly validation?: readonly TuningRow[] };

/** An optimiser as data, but for its learning rate. */
export type OptimiserKind = OptimiserOptions extends infer Each
  ? Each extends OptimiserOptions
    ? Omit<Each, "learningRate">
    : never
  : never;

export interface TuneOptions extends InitialOptions {
  /** One or several words of each class, such as `[" bad", " fine", " good"]`, each of one or several tokens. */
  readonly words: readonly (LabelWord | readonly LabelWord[])[];
  /** What the model reads of a text; default `{text}`. Rows of token ids are taken as they are. */
  readonly template?: string;
  /** Rows of the prompt. Default 8. */
  readonly tokens?: number;
  /**
   * Rows of the prompt before every layer, and not before the first alone (Liu et al. 2022); they begin with what the model
   * makes of the first ones. Default: as the prompt to go on from, else false.
   */
  readonly deep?: boolean;
  /**
   * Where an earlier tuning stood, its `last`: this call goes on as if that had not stopped, in the midst of an epoch too, and
   * knows the best so far. Or a prompt, and perhaps an optimiser's state, with which a new tuning begins.
   */
  readonly from?: TuningPlace | { readonly prompt: SoftPrompt; readonly optimiser?: OptimiserState };
  /** Default 0.01; `relative` is Adafactor's own. */
  readonly learningRate?: OptimiserOptions["learningRate"];
  /** Default AdamW without weight decay. */
  readonly optimiser?: OptimiserKind;
  /** Over `totalEpochs`. Default constant. */
  readonly schedule?: Schedule;
  /** Epochs that this call ends, the first of which may be the rest of one that was under way. Default 5. */
  readonly epochs?: number;
  /** Epochs of the schedule. Default: those before and in this call. */
  readonly totalEpochs?: number;
  /** Rows of one backward pass, and how many passes make a step. Default 16 and 1. */
  readonly batch?: number;
  readonly accumulate?: number;
  /** Largest norm of the gradient. Default: not clipped. */
  readonly clip?: number;
  /** Epochs without a better validation loss, in this call and before, after which it stops. Default: never. */
  readonly patience?: number;
  /** Of the first prompt and of the order of rows. Default: that of the tuning to go on from, else 0. */
  readonly seed?: number;
  /** Whether the rows come in another order each epoch. Default true. */
  readonly shuffle?: boolean;
  readonly signal?: AbortSignal;
  readonly quiet?: boolean;
}

/**
 * One step: the mean cross-entropy of its rows before it, nats, the share of them whose likeliest class was the right one,
 * the gradient's norm, and the prompt's norm after it.
 */
export interface TuningStep {
  readonly epoch: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly gradientNorm: number;
  readonly promptNorm: number;
}

/**
 * One epoch: the means of its steps' losses and, over all its rows, of their accuracies; and its validation, which is undefined
 * where there are no such rows.
 */
export interface TuningEpoch {
  readonly loss: number;
  readonly accuracy: number;
  readonly validation: Evaluation | undefined;
}

/** SHA-256 of the rows that a tuning was made by, each a text or ids and its class, as JSON. */
export interface TuningDigest {
  readonly train: string;
  readonly validation?: string | undefined;
}

/** Where a tuning stands: all that it takes to go on as if it had not stopped. */
export interface TuningPlace {
  readonly prompt: SoftPrompt;
  readonly optimiser: OptimiserState;
  readonly seed: number;
  /** Of all calls; those after the last whole epoch are of the one that is under way. */
  readonly steps: readonly TuningStep[];
  readonly epochs: readonly TuningEpoch[];
  /** The prompt that is kept so far, and the index of its epoch; undefined when none was finished. */
  readonly best: { readonly epoch: number; readonly prompt: SoftPrompt } | undefined;
  /** Rows of a step, and whether they came in another order each epoch. */
  readonly order: { readonly rows: number; readonly shuffle: boolean };
  readonly course: TrainingCourse;
  readonly reading: PromptReading;
  /** How the first prompt was made; undefined where it was given. */
  readonly init: InitialOptions | undefined;
  readonly data: TuningDigest;
  readonly provenance: Provenance;
}

/** A tuning; where it went on from another, all of both. */
export interface Tuned extends Pick<
  TuningPlace,
  "seed" | "steps" | "epochs" | "reading" | "init" | "data" | "provenance"
> {
  /** The prompt of the best epoch. */
  readonly prompt: SoftPrompt;
  /** Index of the epoch that is kept; undefined when none was finished. */
  readonly best: number | undefined;
  readonly stopped: "epochs" | "patience" | "interrupted";
  /** What to go on from. */
  readonly last: TuningPlace;
}

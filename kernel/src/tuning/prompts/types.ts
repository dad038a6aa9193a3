import type { Provenance } from "../../display/payload/provenance.js";
import type { OptimiserOptions, OptimiserState } from "../optimisers/optimiser.js";
import type { Schedule } from "../optimisers/schedule.js";
import type { Evaluation } from "./evaluate.js";
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
  /** A prompt to go on from instead of a new one, where its optimiser stood, and how many epochs it has had. */
  readonly from?: {
    readonly prompt: SoftPrompt;
    readonly optimiser?: OptimiserState;
    readonly epochs?: number;
  };
  /** Default 0.01; `relative` is Adafactor's own. */
  readonly learningRate?: OptimiserOptions["learningRate"];
  /** Default AdamW without weight decay. */
  readonly optimiser?: OptimiserKind;
  /** Over `totalEpochs`. Default constant. */
  readonly schedule?: Schedule;
  /** Epochs that this call makes. Default 5. */
  readonly epochs?: number;
  /** Epochs of the schedule. Default: those before and in this call. */
  readonly totalEpochs?: number;
  /** Rows of one backward pass, and how many passes make a step. Default 16 and 1. */
  readonly batch?: number;
  readonly accumulate?: number;
  /** Largest norm of the gradient. Default: not clipped. */
  readonly clip?: number;
  /** Epochs without a better validation loss after which it stops. Default: never. */
  readonly patience?: number;
  /** Of the first prompt and of the order of rows. Default 0. */
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

export interface Tuned {
  /** The prompt of the best epoch. */
  readonly prompt: SoftPrompt;
  readonly seed: number;
  readonly steps: readonly TuningStep[];
  readonly epochs: readonly TuningEpoch[];
  /** Index of the epoch that is kept; undefined when none was finished. */
  readonly best: number | undefined;
  readonly stopped: "epochs" | "patience" | "interrupted";
  /** The last prompt and its optimiser, to go on from. */
  readonly last: { readonly prompt: SoftPrompt; readonly optimiser: OptimiserState; readonly epochs: number };
  readonly provenance: Provenance;
}

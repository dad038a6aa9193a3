import type { Provenance } from "../../display/payload/provenance.js";
import type { Sampling } from "../sampling.js";
import type { HookChoice } from "../../hooks/lastingHook.js";
import type { Run, Token } from "../types.js";

/** One token of a generation, as it comes. */
export interface StreamedToken {
  readonly row: number;
  readonly token: Token;
  /** What it adds to the row's text; empty while a character is incomplete. */
  readonly text: string;
  /** The step that gave it; the prompt is step 0. */
  readonly step: number;
}

/** How prompts are continued: by the likeliest token at each step unless a temperature is given. */
export interface GenerateOptions extends Sampling, HookChoice {
  /** Most tokens a row gets. Default 64, or fewer where the model reads no more. */
  readonly maxTokens?: number;
  /** Makes a sampled generation repeatable, 0 to 2³² − 1. Default: drawn, and recorded in the provenance. */
  readonly seed?: number;
  /** Texts or token ids that end a row, beside the checkpoint's own end-of-sequence tokens. */
  readonly stop?: string | number | readonly (string | number)[];
  readonly signal?: AbortSignal;
  /** Whether texts grow in the running cell as their tokens come; true by default. Nothing is shown where there is no notebook. */
  readonly stream?: boolean;
  /** Called for every token as it comes, and waited for. What it throws ends the generation. */
  readonly onToken?: (token: StreamedToken) => void | Promise<void>;
  /** Teacher forcing: by row, the tokens to go on with instead of chosen ones; nothing else ends the rows. */
  readonly forced?: readonly (readonly number[])[];
}

/** What one row was continued with. */
export interface GeneratedRow {
  /** Without the prompt; the token that ended the row is the last. */
  readonly ids: readonly number[];
  readonly tokens: readonly Token[];
  /**
   * What the ids add to the prompt's text, without special tokens and with the space before a first word; a text that ended
   * the row is in it, to the end of its last token.
   */
  readonly text: string;
  readonly ended: "stop" | "length";
}

/**
 * What hooks captured at one step: the whole prompt at step 0, then one position a row. A row that has ended keeps
 * its place; what stands there is not data. Axes of keys run over all columns so far, the prompts' padding included.
 */
export type GenerationStep = Pick<Run, "tokens" | "captures" | "get">;

/** What prompts were continued with. As a cell's last value it shows the texts. */
export interface Generation {
  /** Tokens of the prompts. */
  readonly prompts: readonly (readonly Token[])[];
  readonly rows: readonly GeneratedRow[];
  /** By step: the prompt is step 0, and step n is fed the n-th token of each row. */
  readonly steps: readonly GenerationStep[];
  readonly provenance: Provenance;
}

/** What acts while continuations are scored. */
export interface ScoreOptions extends HookChoice {
  readonly signal?: AbortSignal;
}

/** How likely a continuation is after the prompt. */
export interface Score {
  readonly tokens: readonly Token[];
  /** Natural logarithm of each token's probability, given the prompt and the tokens before. */
  readonly logProbabilities: readonly number[];
  /** Their sum. */
  readonly total: number;
}

/** How likely each continuation is, in the order in which they were given. */
export interface Scores {
  readonly prompt: readonly Token[];
  readonly scores: readonly Score[];
  readonly provenance: Provenance;
}

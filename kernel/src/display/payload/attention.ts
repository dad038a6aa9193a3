import type { Block } from "./block.js";
import type { Provenance } from "./provenance.js";
import type { Scale } from "./scale.js";

export const attentionType = "application/vnd.vitrail.attention.v1+json";

/**
 * How much each head does one known thing: mean weight, over the queries where it is defined, on the previous token,
 * the first token, the query itself, and the token after the previous occurrence of the query's token (induction,
 * Olsson et al. 2022; null when no token repeats). Flat [layer, head], in 0…1, rounded to three decimals.
 */
export interface HeadScores {
  readonly previous: readonly number[];
  readonly first: readonly number[];
  readonly self: readonly number[];
  readonly induction: readonly number[] | null;
}

/** Attention of one row of a batch, as a saved notebook keeps it. */
export interface AttentionPayload {
  /** Tokens of the row: both axes of every map, without padding. */
  readonly tokens: readonly string[];
  readonly row: { readonly index: number; readonly of: number };
  /** Layers captured, rising; `L` of the blocks. */
  readonly layers: readonly number[];
  /** Heads of each layer; `H` of the blocks. */
  readonly heads: number;
  /** What each of them is called in the model, rising; from 0 on where this is left out. */
  readonly headNumbers?: readonly number[];
  /** No query looks ahead: every weight above the diagonal is exactly 0, and drawn as nothing. */
  readonly causal: boolean;
  /** [L, H, p, p]: every head, pooled from `from` tokens to p by `reducer` (`none` when p = from). */
  readonly overview: { readonly from: number; readonly reducer: "max" | "none"; readonly block: Block };
  /** [query, key] of single heads, unpooled: all of them, or as many as the budget allows. */
  readonly full: readonly { readonly layer: number; readonly head: number; readonly block: Block }[];
  /** What was left out of `full` and why, or null. */
  readonly truncated: { readonly kept: number; readonly of: number; readonly reason: string } | null;
  readonly scores: HeadScores;
  /** What is shown first: a layer id, a head's number, and how weights become colours. */
  readonly view: { readonly layer: number; readonly head: number; readonly scale: Scale };
  readonly provenance: Provenance;
}

/** What the model calls the head that is the `place`-th of those of the payload. */
export function headNumber({ headNumbers }: Pick<AttentionPayload, "headNumbers">, place: number): number {
  return headNumbers?.[place] ?? place;
}

/** Which of the payload's heads it is that the model calls so. */
export function headPlace({ headNumbers }: Pick<AttentionPayload, "headNumbers">, number: number): number {
  return headNumbers?.indexOf(number) ?? number;
}

/** Human names of the scores, in the order tables show them. */
export const scoreNames = {
  previous: "previous token",
  induction: "induction",
  first: "first token",
  self: "itself",
} as const satisfies Record<keyof HeadScores, string>;

import type { Provenance } from "../../display/payload/provenance.js";

/** How far a value is from the same of another run. */
export interface Deviation {
  readonly name: string;
  /**
   * Largest absolute difference. Entries that are equal, infinite ones and NaN among them, are 0 apart; of others of which
   * one is infinite or NaN it is Infinity.
   */
  readonly largest: number;
  /**
   * The same over the value's largest absolute finite entry; of a gradient that is nothing beside the others of its run, a
   * millionth of their largest entry at most in both, over that entry: it is what rounding leaves of a sum that cancels.
   */
  readonly relative: number;
}

/**
 * What a comparison comes to. `supported`: the same likeliest tokens (of a score: the same likeliest continuation), and no
 * value further off than a thousandth of its largest. `degraded`: nine of ten likeliest tokens are the same, nowhere is more
 * than a tenth of the probability elsewhere, and nothing is infinite or NaN in one of the two alone, as after coarser
 * arithmetic. Where of a generation or a score only its tokens' logits or log-probabilities are known, none of them is off by
 * more than 0.2: if all of a distribution's were, less than a tenth would be elsewhere. `wrong`: neither.
 */
export type Verdict = "supported" | "degraded" | "wrong";

/** How far a run is from the same without some edits. */
export interface Effect {
  /** Largest absolute difference, and the value that has it; undefined where nothing differs. */
  readonly largest: number;
  readonly at: string | undefined;
  /** Whether a value differs by more than 10⁻⁵ of its largest entry, which float32 sums in another order do not. */
  readonly isThere: boolean;
  /** Whether one of those that the run returned does: where it computed no logits they are looked at beside them. */
  readonly isReturned: boolean;
  /** Names of the values that were looked at. */
  readonly compared: readonly string[];
}

/** What leaving one edit out changes, while the others act. */
export interface EditEffect {
  /** As in the record of a call: `edit("layers.1.mlp.output", scale 2)`. */
  readonly edit: string;
  /** Undefined where a function of another edit fails without this one, as when it reads what this one saves. */
  readonly effect: Effect | undefined;
  /** What it then said. */
  readonly failure: string | undefined;
}

/** What a call returned, compared with its repetition on one process. */
export interface Verification {
  readonly verdict: Verdict;
  /** What was repeated; a generation on the tokens that it has. */
  readonly kind: "forward" | "backward" | "generation" | "score";
  /**
   * Positions compared, padding left out; 0 for a run without logits. Of a generation each has one of its tokens next, of a
   * score one of the continuations'.
   */
  readonly positions: number;
  /**
   * Share of positions at which both find the same token likeliest, or neither finds one because of NaN; whether or not a
   * generation went on with it. Undefined of a score.
   */
  readonly top1: number | undefined;
  /** Whether the same continuation of a score is likeliest; undefined of what is none. */
  readonly best: boolean | undefined;
  /**
   * ½ Σ |p − q| over the next-token distributions of a position: the mean and the largest over positions. 1 where NaN or
   * infinite logits leave one of the two without a distribution, or both in different places. Of a generation it is known
   * where all logits were captured at every step, and never of a score.
   */
  readonly totalVariation: { readonly mean: number; readonly largest: number } | undefined;
  /**
   * Of the logits, of every capture and of what a readout returned; of a backward pass the loss and every gradient too. Of a
   * generation of `logits of the tokens`, those that it went on with, and of each capture, `NAME at step 3`; of a score of
   * `log-probabilities`, those of the tokens, and of `totals`.
   */
  readonly deviations: readonly Deviation[];
  /**
   * What all the edits change together: on the session's own mesh for what came back, on one process for logits that did not,
   * of a generation `next-token logits`. Undefined without edits.
   */
  readonly effect: Effect | undefined;
  /** What each of them changes by itself; of several on one process, with one more pass for each. */
  readonly edits: readonly EditEffect[];
  readonly provenance: Provenance;
}

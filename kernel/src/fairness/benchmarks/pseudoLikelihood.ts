import { sharedTokens, type CrowsPair, type CrowsScores } from "./crows.js";

/** One thing of the more stereotypical sentence of a pair and one of the other. */
export interface OfPair<Thing> {
  readonly more: Thing;
  readonly less: Thing;
}

/** The pair as a model without capital letters was trained to read it: both sentences in lower case. */
export function forUncased(pair: CrowsPair): CrowsPair {
  return { ...pair, more: pair.more.toLowerCase(), less: pair.less.toLowerCase() };
}

/**
 * The places that are masked, one at a time, for the pseudo-log-likelihoods of a pair: the tokens that both sentences
 * share but for the first and the last, which the authors' script takes to be the special tokens. So token ids must come
 * with them: without, it is the first and the last word that are left out.
 */
export function maskedPlaces(ids: OfPair<readonly number[]>): OfPair<number[]> {
  const shared = sharedTokens(ids.more, ids.less);
  return { more: shared.more.slice(1, -1), less: shared.less.slice(1, -1) };
}

/** What a masked model outside says of a pair. */
export interface MaskedScores extends Pick<CrowsPair, "direction" | "type"> {
  /** Token ids of the sentences with their special tokens, of the model's own tokenizer. */
  readonly ids: OfPair<readonly number[]>;
  /** ln p of the token at each of `maskedPlaces`, in their order, where that place alone is masked. */
  readonly logs: OfPair<readonly number[]>;
}

/**
 * Pseudo-log-likelihoods of the pairs of CrowS-Pairs (Nangia et al. 2020), the sums over the tokens that a pair shares,
 * for `crowsPairs(…, "masked")`, which rounds them. No masked model runs here: checkpoints are autoregressive, and the
 * log-probabilities come from outside. A pair that shares nothing but its ends has sums of 0, which is a tie.
 * Throws one line for log-probabilities that are not as many as the places, or that are none.
 */
export function pseudoLikelihoods(pairs: readonly MaskedScores[]): CrowsScores[] {
  return pairs.map(({ direction, type, ids, logs }, i) => {
    const places = maskedPlaces(ids);
    const sum = (side: "more" | "less") => {
      const [wanted, given] = [places[side].length, logs[side].length];
      if (wanted !== given)
        throw new RangeError(
          `pair ${i} has ${given} log-probabilities of "${side}" for ${wanted} masked places: it must have one of each`,
        );
      const bad = logs[side].find((log) => !(log <= 0));
      if (bad !== undefined)
        throw new RangeError(`pair ${i} has log-probability ${bad} of "${side}": it must be 0 or less`);
      return logs[side].reduce((so, log) => so + log, 0);
    };
    return { direction, type, more: sum("more"), less: sum("less") };
  });
}

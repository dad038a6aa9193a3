import { concat, type Value } from "../graph/value.js";
import type { ReadoutOptions } from "../session/readout.js";
import type { Translators } from "./logitLens.js";
import { followers } from "./nextToken.js";

/**
 * What a lens computes where the logits are, each [batch, point × position, …]: the `values` and `indices` of the likeliest
 * tokens, the `divergence` from the model's own prediction, the `entropy`, the next token's `crossEntropy`, and of chosen
 * tokens `logProbability` and `rank`.
 */
export function lensReadout({
  points,
  top,
  chosen,
  translators,
}: {
  readonly points: readonly string[];
  /** How many of the likeliest tokens. */
  readonly top: number;
  /** Ids of tokens. */
  readonly chosen: readonly number[];
  readonly translators: Translators;
}): ReadoutOptions {
  const ofEach = (make: () => Value) =>
    concat(
      points.map(() => make()),
      1,
    );
  return {
    read: points,
    given: chosen.length > 0 ? { chosen } : {},
    trained: translators,
    compute: ({ logits, captures, given, trained, tokens, unembed }) => {
      // One head for all: it costs as much as what it reads, and no more.
      const read = points.map((name) => {
        const [x, map] = [captures[name]!, translators[name] && trained[name]];
        return map ? x.add(x.linear(map["A"]!, map["b"]!)) : x;
      });
      const seen = unembed(concat(read, 1)).logSoftmax();
      const own = ofEach(() => logits.logSoftmax());
      const { values, indices } = seen.top(top);
      const next = ofEach(() => followers(tokens).unsqueeze(2));
      return {
        values,
        indices: indices.cast("f32"),
        divergence: own.exp().mul(own.sub(seen)).sum([2]),
        entropy: seen.exp().mul(seen).sum([2]).neg(),
        crossEntropy: seen.pick(next).sum([2]).neg(),
        ...(chosen.length > 0 && chosenIn(seen, given["chosen"]!)),
      };
    },
  };
}

/** Log-probabilities [batch, place, token] of some tokens, and how many tokens are likelier. */
function chosenIn(seen: Value, chosen: Value): Record<string, Value> {
  const [batch, places] = seen.shape as [number, number, number];
  const count = chosen.shape[0] as number;
  const ids = chosen.unsqueeze(0).unsqueeze(0).expand(0, batch).expand(1, places);
  const logProbability = seen.pick(ids);
  const likelier = Array.from({ length: count }, (_, i) =>
    seen
      .sub(logProbability.slice(2, i, i + 1))
      .above(0)
      .cast("f32")
      .sum([2], true),
  );
  return { logProbability, rank: concat(likelier, 2) };
}

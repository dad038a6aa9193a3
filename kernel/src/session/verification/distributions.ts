import type { Whole } from "../assemble.js";
import { distance } from "./deviations.js";
import type { Outcome } from "./subject.js";
import type { Verification } from "./types.js";

/** How near the next-token distributions of a call and of its repetition are; what did not come back is not known. */
export function compareDistributions(
  own: Outcome,
  again: Outcome,
): Pick<Verification, "positions" | "top1" | "totalVariation"> {
  const { positions } = own;
  const [mine, others] = [own, again].map((each) => each.likeliest ?? each.distributions?.map(likeliest));
  const top1 = mine && others && mine.filter((id, at) => id === others[at]).length / positions;
  const [a, b] = [own.distributions, again.distributions];
  const apart = a && b && a.map((logits, at) => variationOf(logits, b[at]!));
  const totalVariation = apart && {
    mean: apart.reduce((sum, each) => sum + each, 0) / positions,
    largest: apart.reduce((most, each) => Math.max(most, each), 0),
  };
  return { positions, top1, totalVariation };
}

/**
 * The logits [row, position, token] of each position, padding left out.
 *
 * @param lengths tokens of each row; undefined where positions were chosen, of which none is padding
 */
export function rowsOf(
  { shape, data }: Pick<Whole, "shape" | "data">,
  lengths: readonly number[] | undefined,
): Float32Array[] {
  const [batch, positions, vocabulary] = shape as [number, number, number];
  return Array.from({ length: batch }, (_, row) =>
    Array.from({ length: lengths?.[row] ?? positions }, (_, position) => {
      const from = (row * positions + position) * vocabulary;
      return data.subarray(from, from + vocabulary);
    }),
  ).flat();
}

/** Id of the likeliest token, of equal ones the first; −1 where something is not a number. */
export function likeliest(logits: Float32Array): number {
  let [best, most] = [0, -Infinity];
  // A generation asks at every step, and a callback for each entry takes ten times as long.
  for (let id = 0; id < logits.length; id++) {
    const logit = logits[id] as number;
    if (Number.isNaN(logit)) return -1;
    if (logit > most) [best, most] = [id, logit];
  }
  return best;
}

/** ½ Σ |p − q|; where one of the two is no distribution, or both in different places, as far as can be. */
export function variationOf(a: Float32Array, b: Float32Array): number {
  const [p, q] = [softmax(a), softmax(b)];
  if (p !== undefined && q !== undefined) return p.reduce((sum, x, i) => sum + Math.abs(x - q[i]!), 0) / 2;
  const isSame = p === q && a.every((x, i) => distance(x, b[i]!) < Infinity);
  return isSame ? 0 : 1;
}

/** Undefined where there is none: with NaN or +∞ among the logits, or nothing but −∞. */
function softmax(logits: Float32Array): Float64Array | undefined {
  const most = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  if (!Number.isFinite(most)) return undefined;
  const weights = Float64Array.from(logits, (x) => Math.exp(x - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((x) => x / sum);
}

import type { Run } from "../types.js";
import { distance } from "./deviations.js";
import type { Verification } from "./types.js";

/** How near the next-token distributions of two runs are; of runs without logits nothing is known. */
export function compareDistributions(
  run: Run,
  again: Run,
  isAll: boolean,
): Pick<Verification, "positions" | "top1" | "totalVariation"> {
  const [own, other] = [run.logits, again.logits];
  if (own === undefined || other === undefined)
    return { positions: 0, top1: undefined, totalVariation: undefined };
  const vocabulary = own.shape.at(-1)!;
  const spots = positionsOf(own.shape, isAll ? run.tokens.map((row) => row.length) : undefined);
  let [agreed, total, largest] = [0, 0, 0];
  for (const spot of spots) {
    const [a, b] = [own, other].map(({ data }) => data.subarray(spot * vocabulary, (spot + 1) * vocabulary));
    if (likeliest(a!) === likeliest(b!)) agreed += 1;
    const variation = variationOf(a!, b!);
    total += variation;
    largest = Math.max(largest, variation);
  }
  const positions = spots.length;
  return { positions, top1: agreed / positions, totalVariation: { mean: total / positions, largest } };
}

/** Row numbers [row × position] of what is no padding: of rows of these lengths, or of positions that were chosen. */
function positionsOf(
  [batch = 0, positions = 0]: readonly number[],
  lengths: readonly number[] | undefined,
): number[] {
  return Array.from({ length: batch }, (_, row) => row).flatMap((row) =>
    Array.from({ length: lengths?.[row] ?? positions }, (_, position) => row * positions + position),
  );
}

/** Id of the likeliest token; −1 where something is not a number. */
function likeliest(logits: Float32Array): number {
  return logits.indexOf(logits.reduce((a, b) => Math.max(a, b), -Infinity));
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

import { bin, decodeBlock, headPlace, scoreNames, tokenLabel } from "vitrail/payload";
import type { AttentionPayload, DecodedBlock, HeadScores } from "vitrail/payload";

/** One head's map as it can be shown: every weight, or the pooled overview where the payload holds no more. */
export interface HeadMap {
  readonly layer: number;
  readonly head: number;
  readonly cells: number;
  readonly values: Float32Array;
  readonly exact: boolean;
}

/** Decodes the map of one head. `overview` is the payload's, decoded before. */
export async function headMap(
  payload: AttentionPayload,
  overview: DecodedBlock,
  layer: number,
  head: number,
): Promise<HeadMap> {
  const full = payload.full.find((map) => map.layer === layer && map.head === head);
  if (full !== undefined) {
    const { values } = await decodeBlock(full.block);
    return { layer, head, cells: payload.tokens.length, values, exact: true };
  }
  const cells = overview.shape[3]!;
  const index = payload.layers.indexOf(layer) * payload.heads + headPlace(payload, head);
  const values = overview.values.subarray(index * cells * cells, (index + 1) * cells * cells);
  return { layer, head, cells, values, exact: false };
}

/** The label of cell `i` on an axis: its token, or the first and last of those pooled into it. */
export function cellLabel(tokens: readonly string[], i: number, cells: number): string {
  const { begin, end } = bin(i, tokens.length, cells);
  const first = tokenLabel(tokens[begin]!);
  return end - begin === 1 ? first : `${first} … ${tokenLabel(tokens[end - 1]!)}`;
}

/** Three significant digits, and small weights without a long run of zeros. */
export function printWeight(weight: number): string {
  if (weight === 0) return "0";
  return Math.abs(weight) < 0.001 ? weight.toExponential(1) : weight.toFixed(3);
}

/** The one thing a head does most, if it does any of the scored things for at least half of its weight. */
export function characterOf(scores: HeadScores, index: number): string | undefined {
  let best: { name: string; score: number } | undefined;
  for (const [key, name] of Object.entries(scoreNames) as [keyof HeadScores, string][]) {
    const score = scores[key]?.[index] ?? 0;
    if (score >= 0.5 && score > (best?.score ?? 0)) best = { name, score };
  }
  return best && `${best.name} ${best.score.toFixed(2)}`;
}

import { tokensPerRadian } from "./rotary.js";
import type { Frequencies, Rotation } from "./rotary.js";

export interface YarnScaling {
  readonly factor: number;
  /** Context length, in tokens, that the model was first trained on. */
  readonly context: number;
  /** Turns within `context` from which on a pair keeps its frequency. */
  readonly betaFast: number;
  /** Turns within `context` up to which a pair's frequency is divided by `factor`. */
  readonly betaSlow: number;
  /** Whether the pairs between which the two blend are counted whole. */
  readonly truncate: boolean;
  readonly attentionFactor: number;
}

/**
 * YaRN (Peng et al. 2023): slow frequencies divided by `factor`, fast ones kept, a blend linear in the pair's index
 * between. In float32 steps as transformers takes them.
 *
 * @param base the frequencies without scaling
 * @param theta their base
 */
export function yarn(base: Frequencies, theta: number, s: YarnScaling): Rotation {
  const size = 2 * base.length;
  const [low, high] = blend(size, theta, s);
  const frequencies = base.map((kept, i) => {
    const ramp = Math.fround(Math.fround(i - low) / Math.fround(high - low));
    const keep = Math.fround(1 - Math.min(Math.max(ramp, 0), 1));
    const slowed = Math.fround(1 / Math.fround(Math.fround(s.factor) * tokensPerRadian(theta, i, size)));
    return Math.fround(Math.fround(slowed * Math.fround(1 - keep)) + Math.fround(kept * keep));
  });
  return { frequencies, scale: s.attentionFactor };
}

/** How much a scaling by `factor` sharpens attention, by itself or weighed. */
export function attentionScale(factor: number, weight = 1): number {
  return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
}

/** The pairs between which kept and divided frequencies blend. */
function blend(size: number, theta: number, s: YarnScaling): readonly [low: number, high: number] {
  const pairOf = (turns: number) =>
    (size * Math.log(s.context / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const [first, last] = [pairOf(s.betaFast), pairOf(s.betaSlow)];
  const low = Math.max(s.truncate ? Math.floor(first) : first, 0);
  const high = Math.min(s.truncate ? Math.ceil(last) : last, size - 1);
  return [low, low === high ? high + 0.001 : high];
}

import { concat } from "../graph/value.js";
import type { Value } from "../graph/value.js";
import type { Trace } from "./trace.js";

/** How fast each pair of units turns with position, in radians per token; [size / 2]. */
export type Frequencies = readonly number[];

/** How a model's positions turn its queries and keys. */
export interface Rotation {
  readonly frequencies: Frequencies;
  /** What cosines and sines are multiplied with, so that scores are multiplied with its square; 1 but of YaRN. */
  readonly scale: number;
}

/**
 * Rotary position embedding (Su et al. 2021) in the half-split layout of the published checkpoints: unit i turns
 * together with unit i + size/2. Units past `2 × frequencies` pass unchanged (partial rotary).
 */
export function rotary(t: Trace, positions: Value, { frequencies, scale }: Rotation): (x: Value) => Value {
  const { graph } = t;
  const half = frequencies.length;
  const angles = t.graph.once("rotary angles", () => {
    const steps = graph.floats([1, 1, 1, half], frequencies);
    const at = positions.cast("f32").unsqueeze(1).unsqueeze(3);
    const angle = at.mul(steps);
    return concat([angle, angle], 3);
  });
  const scaled = (x: Value) => (scale === 1 ? x : x.mul(scale));
  const cos = t.graph.once("rotary cosine", () => scaled(angles.cos()));
  const sin = t.graph.once("rotary sine", () => scaled(angles.sin()));

  return (x) => {
    const size = x.shape[3] as number;
    const turning = size === 2 * half ? x : x.slice(3, 0, 2 * half);
    const quarter = concat([turning.slice(3, half, 2 * half).neg(), turning.slice(3, 0, half)], 3);
    const turned = turning.mul(cos).add(quarter.mul(sin));
    return size === 2 * half ? turned : concat([turned, x.slice(3, 2 * half, size)], 3);
  };
}

/** θ^(−2i/size) in float32 steps, as the checkpoints were trained. */
export function baseFrequencies(theta: number, size: number): number[] {
  return Array.from({ length: size / 2 }, (_, i) => Math.fround(1 / tokensPerRadian(theta, i, size)));
}

/** θ^(2i/size) in float32, in which pair `i` turns by one radian. */
export function tokensPerRadian(theta: number, i: number, size: number): number {
  return Math.fround(theta ** Math.fround((2 * i) / size));
}

/** Position interpolation: all frequencies divided by one factor (Chen et al. 2023). */
export function linearFrequencies(base: Frequencies, factor: number): number[] {
  return base.map((f) => Math.fround(f / factor));
}

export interface Llama3Scaling {
  readonly factor: number;
  readonly lowFactor: number;
  readonly highFactor: number;
  /** Context length, in tokens, that the model was first trained on. */
  readonly context: number;
}

/** LLaMA 3.1: slow frequencies divided by `factor`, fast ones kept, a linear blend between (Dubey et al. 2024). */
export function llama3Frequencies(base: Frequencies, s: Llama3Scaling): number[] {
  return base.map((f) => {
    const wavelength = (2 * Math.PI) / f;
    if (wavelength < s.context / s.highFactor) return f;
    if (wavelength > s.context / s.lowFactor) return Math.fround(f / s.factor);
    const smooth = (s.context / wavelength - s.lowFactor) / (s.highFactor - s.lowFactor);
    return Math.fround((1 - smooth) * (f / s.factor) + smooth * f);
  });
}

/**
 * How values map onto [0, 1] for colours and for u8 codes. `log` needs 0 < lo < hi and has 0 below lo;
 * `asinh` is linear near zero and logarithmic beyond a hundredth of the larger end.
 */
export interface Scale {
  readonly kind: "linear" | "log" | "asinh";
  readonly lo: number;
  readonly hi: number;
}

/** Throws one line when the ends of a scale cannot be used. */
export function checkScale({ kind, lo, hi }: Scale): void {
  if (!Number.isFinite(lo) || !Number.isFinite(hi) || lo >= hi)
    throw new RangeError(`scale from ${lo} to ${hi}: the ends must be finite and rising`);
  if (kind === "log" && lo <= 0) throw new RangeError(`log scale from ${lo} to ${hi}: it must start above 0`);
}

const width = (scale: Scale) => Math.max(Math.abs(scale.lo), Math.abs(scale.hi)) / 100;

/** Where `value` lies on the scale: 0 at lo or below, 1 at hi or above. NaN stays NaN. */
export function toUnit(scale: Scale, value: number): number {
  const { kind, lo, hi } = scale;
  if (value <= lo) return 0;
  if (value >= hi) return 1;
  if (kind === "linear") return (value - lo) / (hi - lo);
  if (kind === "log") return Math.log(value / lo) / Math.log(hi / lo);
  const w = width(scale);
  return (Math.asinh(value / w) - Math.asinh(lo / w)) / (Math.asinh(hi / w) - Math.asinh(lo / w));
}

/** The value at `unit` (0…1) of the scale; under `log`, 0 stands for everything below lo and gives 0. */
export function fromUnit(scale: Scale, unit: number): number {
  const { kind, lo, hi } = scale;
  if (kind === "linear") return lo + unit * (hi - lo);
  if (kind === "log") return unit === 0 ? 0 : lo * (hi / lo) ** unit;
  const w = width(scale);
  const from = Math.asinh(lo / w);
  return w * Math.sinh(from + unit * (Math.asinh(hi / w) - from));
}

import type { Values } from "./goldens.js";

/** Largest absolute difference; infinite when the shapes differ or anything is not a number. */
export function distance(a: Values, b: Values): number {
  if (a.shape.join() !== b.shape.join()) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.data.length; i++) {
    const difference = Math.abs(a.data[i]! - b.data[i]!);
    if (!(difference <= worst)) worst = Number.isNaN(difference) ? Infinity : difference;
  }
  return worst;
}

/** Standard deviation over all elements. */
export function spread({ data }: Values): number {
  const mean = data.reduce((sum, x) => sum + x, 0) / data.length;
  return Math.sqrt(data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / data.length);
}

/** The tolerance of parity: 1e-4, and 1e-4 of the expected values' own standard deviation. */
export function tolerance(expected: Values): number {
  return 1e-4 * Math.min(1, spread(expected));
}

const counted = new Set(["position", "query", "key"]);

/** Row `row` of a padded batch [batch, …], without its padding: every axis of positions cut to `length`. */
export function unpadded(batch: Values, axes: readonly string[], row: number, length: number): Values {
  const sizes = batch.shape.slice(1);
  const shape = sizes.map((size, i) => (counted.has(axes[i + 1]!) ? length : size));
  const count = shape.reduce((a, b) => a * b, 1);
  const whole = sizes.reduce((a, b) => a * b, 1);
  const data = new Float32Array(count);
  for (let to = 0; to < count; to++) {
    let from = 0;
    let rest = to;
    let stride = 1;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]!) * stride;
      rest = Math.floor(rest / shape[axis]!);
      stride *= sizes[axis]!;
    }
    data[to] = batch.data[row * whole + from]!;
  }
  return { shape, data };
}

/** Positions of [position, token] whose best token differs although the expected margin exceeds 2e-4. */
export function otherBest(got: Values, expected: Values): number[] {
  const tokens = expected.shape[1]!;
  const best = (row: Float32Array) => row.indexOf(row.reduce((a, b) => Math.max(a, b), -Infinity));
  return Array.from({ length: expected.shape[0]! }, (_, p) => p).filter((p) => {
    const row = expected.data.subarray(p * tokens, (p + 1) * tokens);
    const [first, second] = row.slice().sort((a, b) => b - a);
    return first! - second! > 2e-4 && best(row) !== best(got.data.subarray(p * tokens, (p + 1) * tokens));
  });
}

/** The value of an IEEE 754 binary16 given by its bits (0…65535). */
export function fromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function roundTiesToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** The bits of the binary16 nearest to `value`, ties to even; what rounds beyond 65504 becomes an infinity, NaN stays NaN. */
export function toHalf(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size < 2 ** -14) return sign | roundTiesToEven(size * 2 ** 24);
  if (size >= 65520) return sign | 0x7c00;
  let exponent = Math.floor(Math.log2(size));
  // log2 rounds, so just below a power of two it can be one too high.
  if (2 ** exponent > size) exponent -= 1;
  // A fraction that rounds up to 1024 carries into the exponent, which is what the format wants.
  return sign | (((exponent + 15) << 10) + roundTiesToEven((size / 2 ** exponent - 1) * 1024));
}

import { open } from "node:fs/promises";
import { elementBytes } from "../../graph/dtype.js";
import type { Scales, StoredTensor } from "./checkpoint.js";
import { quoted } from "./oneLine.js";
import { readBytes } from "./weightFile.js";

const chunkElements = 4 * 2 ** 20;

/**
 * One tensor's values in float32, row-major: exact for f32, f16 and bf16, rounded to nearest for f64; of a quantised one
 * int8 × scale. For small things; the engine maps weights where they lie. Throws one line for other dtypes.
 */
export async function readTensor(stored: StoredTensor): Promise<Float32Array> {
  const { name, dtype, file, offset, bytes } = stored;
  if (dtype === "i8" && stored.scales !== undefined) return readQuantised(stored, stored.scales);
  if (dtype !== "f32" && dtype !== "f16" && dtype !== "bf16" && dtype !== "f64") {
    throw new Error(`tensor ${quoted(name)} is ${dtype}: read as float32 are f32, f16, bf16, f64`);
  }
  const width = elementBytes[dtype];
  const values = new Float32Array(bytes / width);
  const handle = await open(file, "r");
  try {
    for (let from = 0; from < values.length; from += chunkElements) {
      const count = Math.min(chunkElements, values.length - from);
      const raw = await readBytes(handle, offset + from * width, count * width);
      widen(dtype, new DataView(raw.buffer, raw.byteOffset, raw.length), values.subarray(from, from + count));
    }
  } finally {
    await handle.close();
  }
  return values;
}

async function readQuantised(stored: StoredTensor, scales: Scales): Promise<Float32Array> {
  const { shape, file, offset, bytes } = stored;
  const { axis, over, ...place } = scales;
  const held = await readTensor({
    ...stored,
    ...place,
    dtype: "f32",
    shape: [shape[axis]!],
    scales: undefined,
  });
  const factors = held.map((scale) => scale / over);
  const columns = shape[1] as number;
  const handle = await open(file, "r");
  try {
    const raw = await readBytes(handle, offset, bytes);
    return Float32Array.from(new Int8Array(raw.buffer, raw.byteOffset, raw.length), (x, i) => {
      const channel = axis === 0 ? Math.floor(i / columns) : i % columns;
      return x * factors[channel]!;
    });
  } finally {
    await handle.close();
  }
}

function widen(dtype: "f32" | "f16" | "bf16" | "f64", raw: DataView, out: Float32Array): void {
  const bits = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < out.length; i++) {
    if (dtype === "f32") bits[i] = raw.getUint32(i * 4, true);
    else if (dtype === "bf16") bits[i] = raw.getUint16(i * 2, true) << 16;
    else if (dtype === "f16") out[i] = half(raw.getUint16(i * 2, true));
    else out[i] = raw.getFloat64(i * 8, true);
  }
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

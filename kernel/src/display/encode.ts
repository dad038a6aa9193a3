import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Block, BlockDType } from "./payload/block.js";
import { blockBytes } from "./payload/block.js";
import { toHalf } from "./payload/half.js";
import type { Scale } from "./payload/scale.js";
import { checkScale, toUnit } from "./payload/scale.js";

function pack(values: Float32Array, dtype: BlockDType, scale: Scale): Uint8Array {
  if (dtype === "u8")
    return Uint8Array.from(values, (value, i) => {
      if (Number.isNaN(value))
        throw new RangeError(`value ${i} is NaN, which a u8 block cannot hold: use f16`);
      return Math.round(255 * toUnit(scale, value));
    });
  const bytes = new Uint8Array(values.length * (dtype === "f16" ? 2 : 4));
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) =>
    dtype === "f16" ? view.setUint16(2 * i, toHalf(value), true) : view.setFloat32(4 * i, value, true),
  );
  return bytes;
}

/**
 * Packs row-major `values` of `shape` for a payload; zipped when that is smaller. Lossless in f32, to 11 significant
 * bits in f16, to 256 steps of `scale` in u8. Throws when the shape does not fit or u8 meets NaN.
 */
export function encodeBlock(
  values: Float32Array,
  shape: readonly number[],
  dtype: BlockDType,
  scale: Scale,
): Block {
  checkScale(scale);
  const bytes = pack(values, dtype, scale);
  if (bytes.length !== blockBytes({ dtype, shape }))
    throw new RangeError(`${values.length} values do not fill shape [${shape.join(", ")}]`);
  const zipped = gzipSync(bytes, { level: 9 });
  const smaller = zipped.length < bytes.length;
  return {
    dtype,
    shape: [...shape],
    order: "C",
    endian: "little",
    encoding: smaller ? "gzip+base64" : "base64",
    scale,
    sha256: createHash("sha256").update(bytes).digest("hex"),
    data: Buffer.from(smaller ? zipped : bytes).toString("base64"),
  };
}

import { elementCount } from "./rowMajor.js";
import type { Scale } from "./scale.js";

export type BlockDType = "u8" | "f16" | "f32";

/**
 * A tensor inside a JSON payload: row-major, little-endian bytes in base64, possibly gzipped. In `u8` the codes
 * 0…255 run evenly over `scale`; in `f16` and `f32` the values are themselves and `scale` says how to colour them.
 */
export interface Block {
  readonly dtype: BlockDType;
  readonly shape: readonly number[];
  readonly order: "C";
  readonly endian: "little";
  readonly encoding: "base64" | "gzip+base64";
  readonly scale: Scale;
  /** Of the decoded bytes, in hexadecimal. */
  readonly sha256?: string | undefined;
  readonly data: string;
}

const blockElementBytes: Readonly<Record<BlockDType, number>> = { u8: 1, f16: 2, f32: 4 };

/** Bytes of the decoded block. */
export function blockBytes(block: Pick<Block, "dtype" | "shape">): number {
  return elementCount(block.shape) * blockElementBytes[block.dtype];
}

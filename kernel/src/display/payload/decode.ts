import { blockBytes } from "./block.js";
import type { Block } from "./block.js";
import { fromHalf } from "./half.js";
import { checkScale, fromUnit } from "./scale.js";

/** No block of a payload may decode to more bytes than this, whatever it claims. */
const largestBlock = 64 * 2 ** 20;

export interface DecodedBlock {
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** False when the block carries no hash, or when the page may not compute one (no secure context). */
  readonly verified: boolean;
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new RangeError(`block data of ${text.length} characters is not base64`);
  }
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Unzips into exactly `size` bytes and stops reading as soon as there would be more. */
async function gunzip(bytes: Uint8Array<ArrayBuffer>, size: number): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(size);
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip")).getReader();
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (length + value.length > size) {
        await reader.cancel();
        throw new RangeError(`block unzips to more than the ${size} bytes of its shape`);
      }
      out.set(value, length);
      length += value.length;
    }
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new RangeError(`block data is not gzip: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (length !== size) throw new RangeError(`block unzips to ${length} bytes, its shape needs ${size}`);
  return out;
}

async function hashMatches(bytes: Uint8Array<ArrayBuffer>, expected: string | undefined): Promise<boolean> {
  if (expected === undefined || globalThis.crypto?.subtle === undefined) return false;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const found = Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (found !== expected) throw new RangeError(`block has sha256 ${found}, its header says ${expected}`);
  return true;
}

function valuesOf(block: Block, bytes: Uint8Array<ArrayBuffer>): Float32Array {
  const view = new DataView(bytes.buffer);
  if (block.dtype === "u8") {
    const levels = Float32Array.from({ length: 256 }, (_, code) => fromUnit(block.scale, code / 255));
    return Float32Array.from(bytes, (code) => levels[code]!);
  }
  if (block.dtype === "f16")
    return Float32Array.from({ length: bytes.length / 2 }, (_, i) => fromHalf(view.getUint16(2 * i, true)));
  return Float32Array.from({ length: bytes.length / 4 }, (_, i) => view.getFloat32(4 * i, true));
}

/**
 * The values of a block, in browsers and in Node. The claimed size is checked before anything is unpacked.
 * Throws RangeError in one line for a bad shape, size, encoding or hash.
 */
export async function decodeBlock(block: Block, largest = largestBlock): Promise<DecodedBlock> {
  if (!block.shape.every((size) => Number.isSafeInteger(size) && size > 0))
    throw new RangeError(`block shape [${block.shape.join(", ")}] must hold whole numbers above 0`);
  checkScale(block.scale);
  const size = blockBytes(block);
  if (size > largest)
    throw new RangeError(
      `block [${block.shape.join(", ")}] ${block.dtype} would take ${size} bytes, over ${largest}`,
    );
  // Base64 of raw bytes has a known length; gzip of so few bytes cannot honestly be much longer than they are.
  const longest = 4 * Math.ceil((block.encoding === "base64" ? size : size + size / 1000 + 1024) / 3);
  if (block.data.length > longest)
    throw new RangeError(
      `block data has ${block.data.length} characters, its shape allows ${Math.floor(longest)}`,
    );
  const packed = fromBase64(block.data);
  const bytes = block.encoding === "base64" ? packed : await gunzip(packed, size);
  if (bytes.length !== size)
    throw new RangeError(`block holds ${bytes.length} bytes, its shape needs ${size}`);
  const verified = await hashMatches(bytes, block.sha256);
  return { shape: block.shape, values: valuesOf(block, bytes), verified };
}

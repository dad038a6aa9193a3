import { existsSync } from "node:fs";
import { open, rename, rm, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { printBytes } from "../checkpoint/printBytes.js";
import { readTensor } from "../checkpoint/read.js";
import type { Model } from "../model.js";
import { quantiseInt8 } from "./int8.js";
import { quantised, type QuantisedFile } from "./quantised.js";

export interface WriteOptions {
  /** Bytes of int8 that are written, of all, and the weight that is next. */
  onProgress?(written: number, total: number, name: string): void;
  /** Asked between two weights; aborted, the promise rejects with its reason and no file is left. */
  readonly signal?: AbortSignal;
}

/**
 * Makes the file that `quantised` reads of, weight after weight, so that never more than one is in memory; where it is
 * there already it stays as it is. It takes its place at once: nobody sees it half-written.
 *
 * Throws one line when the folder has no room for it, or a weight cannot be quantised.
 */
export async function writeQuantised(
  model: Model,
  place: QuantisedFile,
  { onProgress, signal }: WriteOptions = {},
): Promise<void> {
  const { rule, file } = place;
  if (model.quantise === rule || existsSync(file)) return;
  const weights = [...quantised(model, place).parameters].flatMap(([name, { scales, ...stored }]) =>
    scales === undefined ? [] : [{ name, stored, scales }],
  );
  const total = weights.reduce((sum, { stored, scales }) => sum + stored.bytes + scales.bytes, 0);
  const { bavail, bsize } = await statfs(dirname(file));
  if (bavail * bsize < total)
    throw new Error(
      `${rule} weights take ${printBytes(total)}, and ${dirname(file)} has room for ${printBytes(bavail * bsize)}: ` +
        "set VITRAIL_RUNTIME_DIR to a folder with more",
    );
  const aside = `${file}.partial`;
  const handle = await open(aside, "w", 0o600);
  try {
    let written = 0;
    for (const { name, stored, scales } of weights) {
      signal?.throwIfAborted();
      onProgress?.(written, total, name);
      const data = await readTensor(model.parameters.get(name)!);
      const made = quantiseInt8(name, data, stored.shape as [number, number], scales.axis);
      await writeAt(made.values, stored.offset);
      await writeAt(made.scales, scales.offset);
      written += stored.bytes + scales.bytes;
    }
    await handle.close();
    await rename(aside, file);
  } catch (error) {
    await handle.close();
    await rm(aside, { force: true });
    throw error;
  }

  async function writeAt({ buffer }: Int8Array | Float32Array, offset: number): Promise<void> {
    const bytes = new Uint8Array(buffer);
    for (let from = 0; from < bytes.length;)
      from += (await handle.write(bytes, from, bytes.length - from, offset + from)).bytesWritten;
  }
}

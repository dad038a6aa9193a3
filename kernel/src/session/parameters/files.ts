import { createHash, randomBytes } from "node:crypto";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { remove } from "../../engine/ownership.js";
import { makeParcelFolder } from "../../engine/parcel/folder.js";

/** One system call moves less than 2 GiB. */
const largestWrite = 2 ** 30;

/** A tensor in a file of its own. */
export interface WrittenTensor {
  readonly file: string;
  readonly sha256: string;
}

/** Folders that this process has made and not removed. */
const folders = new Set<string>();
const removeAll = () => folders.forEach(remove);

/**
 * Private files that workers of this host read: on shared memory, or where that is full in the session's own folder.
 * They go with this process; of one that was killed, the broker that it leaves sweeps away those on shared memory.
 */
export class TensorFiles {
  readonly #overflow: string;
  #folder: string | undefined;

  constructor(overflow: string) {
    this.#overflow = overflow;
  }

  /** Throws when no folder has room for it. */
  write(data: Float32Array): WrittenTensor {
    if (this.#folder === undefined) {
      this.#folder = makeParcelFolder(`${process.pid}`, this.#overflow);
      if (folders.size === 0) process.once("exit", removeAll);
      folders.add(this.#folder);
    }
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const name = `${randomBytes(12).toString("hex")}.f32`;
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    try {
      return { file: writeWhole(join(this.#folder, name), bytes), sha256 };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      const beside = join(this.#overflow, "weights");
      mkdirSync(beside, { recursive: true, mode: 0o700 });
      return { file: writeWhole(join(beside, name), bytes), sha256 };
    }
  }

  remove({ file }: WrittenTensor): void {
    rmSync(file, { force: true });
  }

  close(): void {
    if (this.#folder === undefined) return;
    remove(this.#folder);
    folders.delete(this.#folder);
    if (folders.size === 0) process.off("exit", removeAll);
    this.#folder = undefined;
  }
}

function writeWhole(path: string, bytes: Buffer): string {
  const file = openSync(path, "wx", 0o600);
  try {
    for (let written = 0; written < bytes.length;)
      written += writeSync(file, bytes, written, Math.min(bytes.length - written, largestWrite));
    return path;
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
}

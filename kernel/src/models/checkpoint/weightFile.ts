import { open, realpath, type FileHandle } from "node:fs/promises";
import { oneLine } from "./oneLine.js";

/** A file of weights, as it is called in its folder and as it lies on the disk. */
export interface WeightFile {
  /** Path in the model's folder, which errors print. */
  readonly label: string;
  /** Absolute path with symbolic links resolved. */
  readonly path: string;
  readonly size: number;
}

/** Open a file of weights for as long as `use` runs. Throws one line when it cannot be read or is no regular file. */
export async function withWeightFile<T>(
  label: string,
  use: (file: WeightFile, handle: FileHandle) => Promise<T>,
): Promise<T> {
  let path: string;
  let handle: FileHandle;
  try {
    path = await realpath(label);
    handle = await open(path, "r");
  } catch (error) {
    throw new Error(`cannot read ${label}: ${oneLine(error)}`);
  }
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new Error(`${label} is not a file`);
    return await use({ label, path, size: stat.size }, handle);
  } finally {
    await handle.close();
  }
}

/** Exactly `bytes` bytes from `offset`. Throws when the file ends before. */
export async function readBytes(handle: FileHandle, offset: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  for (let done = 0; done < bytes;) {
    const { bytesRead } = await handle.read(buffer, done, Math.min(bytes - done, 2 ** 30), offset + done);
    if (bytesRead === 0) throw new Error(`the file ends at ${offset + done}, before byte ${offset + bytes}`);
    done += bytesRead;
  }
  return buffer;
}

/** A pointer that git leaves in place of a large file; it looks like a corrupt file to every reader. */
export function refusePointer(file: WeightFile, head: Buffer): void {
  if (!head.toString("latin1").startsWith("version https://git-lfs")) return;
  throw new Error(`${file.label} is a git-lfs pointer, not the weights: fetch them with "git lfs pull"`);
}

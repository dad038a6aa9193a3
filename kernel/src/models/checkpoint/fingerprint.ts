import { createHash } from "node:crypto";
import { open, stat, type FileHandle } from "node:fs/promises";
import type { Checkpoint, StoredTensor } from "./checkpoint.js";
import { readBytes } from "./weightFile.js";

/** Tensors up to this many bytes are sampled whole. */
const sampledWhole = 4096;
/** Longer ones give this many bytes at their beginning, their middle and their end. */
const sample = 1024;

/**
 * Hex sha256 over the bytes of config.json and, in order of name, each tensor's name, dtype, shape and sampled bytes:
 * all of a tensor of at most 4096 bytes, else the first, middle and last 1024. Neither paths nor offsets take part, so
 * a copy, or a cache of symbolic links, has the fingerprint of the folder it came from.
 */
export async function fingerprint(config: Uint8Array, tensors: Iterable<StoredTensor>): Promise<string> {
  const hash = createHash("sha256");
  hash.update(`config ${config.length}\n`).update(config);
  const handles = new Map<string, FileHandle>();
  try {
    const inOrder = [...tensors].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    for (const { name, dtype, shape, file, offset, bytes } of inOrder) {
      hash.update(`tensor ${JSON.stringify([name, dtype, shape])}\n`);
      const handle = handles.get(file) ?? (await open(file, "r"));
      handles.set(file, handle);
      for (const [from, length] of samples(bytes))
        hash.update(await readBytes(handle, offset + from, length));
    }
  } finally {
    await Promise.all([...handles.values()].map((handle) => handle.close()));
  }
  return hash.digest("hex");
}

/**
 * Hex sha256 over where the files of weights lie, how large they are and when they were written last. What the fingerprint
 * does not sample may differ where this does.
 */
export async function fileStamp(tensors: Iterable<StoredTensor>): Promise<string> {
  const files = [...new Set([...tensors].map(({ file }) => file))].sort();
  const hash = createHash("sha256");
  for (const file of files) {
    const { size, mtimeNs } = await stat(file, { bigint: true });
    hash.update(JSON.stringify([file, `${size}`, `${mtimeNs}`]));
  }
  return hash.digest("hex");
}

/** Throws one line when the files of weights are no longer those that were opened: numbers read now would be of another model. */
export async function refuseChanged({
  folder,
  stamp,
  tensors,
}: Pick<Checkpoint, "folder" | "stamp" | "tensors">): Promise<void> {
  const now = await fileStamp(tensors.values()).catch((error: Error) => error);
  if (now === stamp) return;
  const what = now instanceof Error ? `cannot be read any more (${now.message})` : "have been written anew";
  throw new Error(
    `${folder}: its files of weights ${what} since it was opened: close the session, and open it again`,
  );
}

function samples(bytes: number): [from: number, length: number][] {
  if (bytes <= sampledWhole) return [[0, bytes]];
  return [0, Math.floor((bytes - sample) / 2), bytes - sample].map((from) => [from, sample]);
}

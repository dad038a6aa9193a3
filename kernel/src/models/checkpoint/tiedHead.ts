import { open } from "node:fs/promises";
import { printShape } from "../../graph/shape.js";
import type { StoredTensor } from "./checkpoint.js";
import { quoted } from "./oneLine.js";
import { readBytes } from "./weightFile.js";

const chunk = 2 ** 22;

/**
 * Checks, by reading both, that a head which is stored although the config ties it to the embedding is that embedding. Throws one line when it is
 * another: transformers then reads the stored one, whatever the config says.
 */
export async function refuseOtherHead(head: StoredTensor, table: StoredTensor): Promise<void> {
  if (await isEqual(head, table)) return;
  throw new Error(
    `${quoted(head.name)} ${printShape(head.shape)} ${head.dtype} is not ${quoted(table.name)} ` +
      `${printShape(table.shape)} ${table.dtype}, to which config field "tie_word_embeddings" ties it: ` +
      "set it to false to read the stored one",
  );
}

async function isEqual(a: StoredTensor, b: StoredTensor): Promise<boolean> {
  if (a.file === b.file && a.offset === b.offset && a.bytes === b.bytes) return true;
  if (a.dtype !== b.dtype || a.bytes !== b.bytes || a.shape.join() !== b.shape.join()) return false;
  const [one, two] = await Promise.all([open(a.file, "r"), open(b.file, "r")]);
  try {
    for (let from = 0; from < a.bytes; from += chunk) {
      const length = Math.min(chunk, a.bytes - from);
      const [left, right] = await Promise.all([
        readBytes(one, a.offset + from, length),
        readBytes(two, b.offset + from, length),
      ]);
      if (!left.equals(right)) return false;
    }
    return true;
  } finally {
    await Promise.all([one.close(), two.close()]);
  }
}

import { resolve } from "node:path";
import { quoted } from "../oneLine.js";
import { readBytes, refusePointer, type WeightFile } from "../weightFile.js";
import type { FileHandle } from "node:fs/promises";

/** A path as one word of a POSIX shell. */
const word = (path: string): string => `'${path.replaceAll("'", String.raw`'\''`)}'`;

/**
 * The command that writes a file of older PyTorch anew, as a zip archive, in its place. In the hub's cache a link stands there:
 * it is replaced, and not what it points to, which is named by its contents.
 */
function conversion(file: WeightFile, weightsOnly: boolean): string {
  const load = `torch.load(p, map_location='cpu', weights_only=${weightsOnly ? "True" : "False"})`;
  const replace = "torch.save(w, p + '.zip'); os.replace(p + '.zip', p)";
  return `python3 -c "import os, sys, torch; p = sys.argv[1]; w = ${load}; ${replace}" ${word(resolve(file.label))}`;
}

/** Throws one line when a file does not begin as a zip archive does; for PyTorch's older formats, with the cure. */
export async function refuseOtherFormats(file: WeightFile, handle: FileHandle): Promise<void> {
  const head = await readBytes(handle, 0, Math.min(file.size, 512));
  if (head.subarray(0, 4).equals(Buffer.from("PK\x03\x04", "latin1"))) return;
  refusePointer(file, head);
  if (head[0] === 0x80) {
    throw new Error(
      `${file.label} is a pickle of PyTorch before 1.6, not a zip: convert it with ${conversion(file, true)}`,
    );
  }
  if (head.subarray(257, 262).toString("latin1") === "ustar") {
    // PyTorch reads its tar files only by running them, which is for the user to decide.
    throw new Error(
      `${file.label} is a tar file of PyTorch before 0.2, not a zip: ` +
        `if you trust it (loading runs code in it), convert it with ${conversion(file, false)}`,
    );
  }
  throw new Error(
    `${file.label} is no file of torch.save: it begins with ${quoted(head.subarray(0, 8).toString("latin1"))}`,
  );
}

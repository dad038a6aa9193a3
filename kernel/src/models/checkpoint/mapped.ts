import { statSync, type BigIntStats } from "node:fs";
import type { Checkpoint } from "./checkpoint.js";

/**
 * The files of weights that a process has in its memory. One that is written in place changes what is loaded, edits or
 * none; one that is replaced, as downloads and most savers do, stays what it was for whoever has it open.
 */
export class MappedFiles {
  readonly #folder: string;
  readonly #files = new Map<string, BigIntStats>();

  constructor({ folder, tensors }: Pick<Checkpoint, "folder" | "tensors">) {
    this.#folder = folder;
    for (const { file } of tensors.values())
      if (!this.#files.has(file)) this.#files.set(file, statSync(file, { bigint: true }));
  }

  /** Throws one line when one of them was written in place since, by its size and the time of its last writing. */
  refuseWritten(): void {
    for (const [file, then] of this.#files) {
      const now = statSync(file, { bigint: true, throwIfNoEntry: false });
      if (now === undefined || now.ino !== then.ino || now.dev !== then.dev) continue;
      if (now.mtimeNs !== then.mtimeNs || now.size !== then.size)
        throw new Error(
          `${this.#folder}: ${file} was written, or touched, while the session had it loaded, whose weights change with it: ` +
            "close the session, and open it again",
        );
    }
  }
}

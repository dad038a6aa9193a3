import type { FileHandle } from "node:fs/promises";
import { RandomAccessReader } from "yauzl";
import { readBytes, type WeightFile } from "../weightFile.js";

/**
 * Reads an archive for yauzl. Its own reader asks Node for any place that an archive names, and what Node throws of one
 * that is no place ends the process; this one answers with an error.
 */
export class ZipReader extends RandomAccessReader {
  readonly #file: WeightFile;
  readonly #handle: FileHandle;

  constructor(file: WeightFile, handle: FileHandle) {
    super();
    this.#file = file;
    this.#handle = handle;
  }

  override read(
    into: Buffer,
    at: number,
    bytes: number,
    from: number,
    done: (error: Error | null, bytesRead?: number) => void,
  ): void {
    if (from + bytes > this.#file.size) {
      done(new Error(`what it says is at byte ${from} lies beyond the file's ${this.#file.size}`));
      return;
    }
    readBytes(this.#handle, from, bytes).then(
      (read) => done(null, read.copy(into, at)),
      (error: Error) => done(error),
    );
  }
}

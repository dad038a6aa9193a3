import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { currentCell, endIfInterrupted } from "./context.js";
import { tell } from "./outlet.js";

type Name = "stdout" | "stderr";
type Done = (error?: Error | null) => void;

/**
 * A standard stream whose text goes to the cell that wrote it. `write` itself is overridden, because a termination in the
 * middle of Node's own writing would leave the stream buffering for ever.
 */
class CellStream extends Writable {
  readonly fd: number;
  readonly isTTY = false;
  readonly #name: Name;
  readonly #decoder = new StringDecoder("utf8");

  constructor(name: Name) {
    super({ decodeStrings: false });
    this.#name = name;
    this.fd = name === "stdout" ? 1 : 2;
  }

  override write(chunk: unknown, encodingOrDone?: BufferEncoding | Done, maybeDone?: Done): boolean {
    if (typeof chunk !== "string" && !(chunk instanceof Uint8Array))
      throw new TypeError(
        `${this.#name} takes strings and bytes, not ${chunk === null ? "null" : typeof chunk}`,
      );
    endIfInterrupted();
    const done = typeof encodingOrDone === "function" ? encodingOrDone : maybeDone;
    const text = typeof chunk === "string" ? chunk : this.#decoder.write(Buffer.from(chunk));
    if (text !== "") tell({ kind: "stream", cell: currentCell(), name: this.#name, text });
    if (done) process.nextTick(done, null);
    return true;
  }

  override end(...parts: unknown[]): this {
    const [chunk] = parts;
    if (typeof chunk === "string" || chunk instanceof Uint8Array) this.write(chunk);
    return this;
  }
}

/** Puts the cell streams in place before anything touches the real ones, whose descriptors so stay blocking for native code. */
export function installStreams(): void {
  for (const name of ["stdout", "stderr"] as const) {
    const stream = new CellStream(name);
    Object.defineProperty(process, name, { configurable: true, enumerable: true, get: () => stream });
  }
}

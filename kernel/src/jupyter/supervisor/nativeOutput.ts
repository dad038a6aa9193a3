import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/**
 * Text that reaches a standard stream of the runner from below JavaScript (native libraries, child processes). The runner
 * writes a mark after each cell; it is taken out, and says that all before it has been read.
 */
export class NativeOutput {
  readonly #start: string;
  readonly #decoder = new StringDecoder("utf8");
  readonly #text: (text: string) => void;
  readonly #marked: (cell: number) => void;
  #held = "";

  constructor(
    stream: Readable,
    nonce: string,
    on: { text: (text: string) => void; marked: (cell: number) => void },
  ) {
    this.#start = `\u0000${nonce}:`;
    this.#text = on.text;
    this.#marked = on.marked;
    stream.on("data", (chunk: Buffer) => this.#read(this.#decoder.write(chunk)));
    stream.on("end", () => this.#text(this.#held));
  }

  #read(text: string): void {
    this.#held += text;
    for (;;) {
      const at = this.#held.indexOf(this.#start);
      const end = at < 0 ? -1 : this.#held.indexOf("\u0000", at + this.#start.length);
      if (end < 0) {
        const keep = at < 0 ? this.#beginningOfMark() : at;
        this.#text(this.#held.slice(0, keep));
        this.#held = this.#held.slice(keep);
        return;
      }
      this.#text(this.#held.slice(0, at));
      this.#marked(Number(this.#held.slice(at + this.#start.length, end)));
      this.#held = this.#held.slice(end + 1);
    }
  }

  /** Where a mark may have begun that is not whole yet; else the end. */
  #beginningOfMark(): number {
    const at = this.#held.lastIndexOf("\u0000");
    return at >= 0 && this.#start.startsWith(this.#held.slice(at)) ? at : this.#held.length;
  }
}

export type StreamName = "stdout" | "stderr";

/** Milliseconds for which output is gathered before it is published. */
const pause = 30;
/** Characters after which output is published without waiting, so that one message stays of moderate size. */
const most = 1 << 20;

interface Pending {
  name: StreamName;
  parts: string[];
  length: number;
}

/** Gathers what cells print into few messages, keeping the order of each cell's output. */
export class Streams {
  readonly #publish: (cell: number, name: StreamName, text: string) => void;
  readonly #pending = new Map<number, Pending>();
  #timer: NodeJS.Timeout | undefined;

  constructor(publish: (cell: number, name: StreamName, text: string) => void) {
    this.#publish = publish;
  }

  write(cell: number, name: StreamName, text: string): void {
    if (text === "") return;
    let pending = this.#pending.get(cell);
    if (pending && (pending.name !== name || pending.length + text.length > most)) this.flush(cell);
    pending = this.#pending.get(cell);
    if (pending) {
      pending.parts.push(text);
      pending.length += text.length;
    } else this.#pending.set(cell, { name, parts: [text], length: text.length });
    this.#timer ??= setTimeout(() => this.flushAll(), pause);
  }

  /** Publishes what a cell has printed so far: before anything else of that cell is published, and before it is idle. */
  flush(cell: number): void {
    const pending = this.#pending.get(cell);
    if (!pending) return;
    this.#pending.delete(cell);
    this.#publish(cell, pending.name, pending.parts.join(""));
  }

  flushAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const cell of [...this.#pending.keys()]) this.flush(cell);
  }
}

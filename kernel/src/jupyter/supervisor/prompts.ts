import type { Outgoing } from "./sockets.js";
import type { Header } from "./wire.js";

/** Who asked for a cell, and so whom its `input()` asks. */
export interface Asker {
  readonly parent: Header;
  readonly identities: readonly Buffer[];
  readonly allowStdin: boolean;
}

interface Prompt {
  readonly asker: Asker;
  readonly message: Outgoing;
  given(value: string): void;
}

/** `input()` of cells: one `input_request` at a time, answered by the `input_reply` of the same client. */
export class Prompts {
  readonly #send: (identities: readonly Buffer[], message: Outgoing) => void;
  #queue: Prompt[] = [];

  constructor(send: (identities: readonly Buffer[], message: Outgoing) => void) {
    this.#send = send;
  }

  ask(asker: Asker, prompt: string, password: boolean, given: (value: string) => void): void {
    const message = { type: "input_request", content: { prompt, password }, parent: asker.parent };
    this.#queue.push({ asker, message, given });
    if (this.#queue.length === 1) this.#next();
  }

  reply(value: string): void {
    this.#queue.shift()?.given(value);
    this.#next();
  }

  /** Forgets what was asked: the cells that asked have been interrupted. */
  clear(): void {
    this.#queue = [];
  }

  #next(): void {
    const first = this.#queue[0];
    if (first) this.#send(first.asker.identities, first.message);
  }
}

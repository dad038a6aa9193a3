import type { Outgoing } from "./sockets.js";
import type { Envelope, Header } from "./wire.js";

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
  /** Id of the `input_request`, once it has been sent. */
  id?: string;
}

/** Sends on stdin and returns the id of the message. */
type Send = (identities: readonly Buffer[], message: Outgoing) => string;

/** `input()` of cells: one `input_request` at a time, answered by the next `input_reply`. */
export class Prompts {
  readonly #send: Send;
  #queue: Prompt[] = [];

  constructor(send: Send) {
    this.#send = send;
  }

  ask(asker: Asker, prompt: string, password: boolean, given: (value: string) => void): void {
    const message = { type: "input_request", content: { prompt, password }, parent: asker.parent };
    this.#queue.push({ asker, message, given });
    if (this.#queue.length === 1) this.#next();
  }

  /** A reply that names a request, as JupyterLab's do, must name the one that is open: others come too late. */
  reply({ parent, content }: Pick<Envelope, "parent" | "content">): void {
    const first = this.#queue[0];
    if (!first || ("msg_id" in parent && parent.msg_id !== first.id)) return;
    this.#queue.shift();
    first.given(String(content["value"] ?? ""));
    this.#next();
  }

  /** Forgets what was asked: the cells that asked have ended. */
  clear(): void {
    this.#queue = [];
  }

  #next(): void {
    const first = this.#queue[0];
    if (first) first.id = this.#send(first.asker.identities, first.message);
  }
}

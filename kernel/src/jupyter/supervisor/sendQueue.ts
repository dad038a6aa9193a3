import type { MessageLike } from "zeromq";

/** What a queue needs of a socket. */
export interface Sendable {
  send(frames: MessageLike[]): Promise<void>;
}

/**
 * Sends messages one at a time and in order. zeromq.js rejects a send that starts before the last one has settled,
 * so that unawaited sends lose messages.
 */
export class SendQueue {
  readonly #socket: Sendable;
  readonly #waiting: MessageLike[][] = [];
  #draining: Promise<void> | undefined;

  constructor(socket: Sendable) {
    this.#socket = socket;
  }

  push(frames: MessageLike[]): void {
    this.#waiting.push(frames);
    this.#draining ??= this.#drain();
  }

  /** Resolves when everything pushed so far has been handed to the socket. */
  async drained(): Promise<void> {
    while (this.#draining) await this.#draining;
  }

  async #drain(): Promise<void> {
    try {
      for (let at = 0; at < this.#waiting.length; at++) {
        try {
          await this.#socket.send(this.#waiting[at]!);
        } catch (error) {
          // One message that cannot leave must not hold back those behind it.
          process.stderr.write(`vitrail kernel: a message was not sent: ${(error as Error).message}\n`);
        }
        if (at === 1023) {
          this.#waiting.splice(0, at + 1);
          at = -1;
        }
      }
    } finally {
      this.#waiting.length = 0;
      this.#draining = undefined;
    }
  }
}

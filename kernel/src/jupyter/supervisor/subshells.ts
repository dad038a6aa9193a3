import { randomUUID } from "node:crypto";
import { ExecuteQueue, type CellRunner } from "./executeQueue.js";

/**
 * Execute queues: the main shell's, and one for each subshell. Cells of different shells interleave at their awaits. All
 * other requests are answered at once, in whichever shell, because the supervisor runs no cells itself.
 */
export class Subshells {
  readonly #runner: CellRunner;
  readonly #main: ExecuteQueue;
  readonly #queues = new Map<string, ExecuteQueue>();

  constructor(runner: CellRunner) {
    this.#runner = runner;
    this.#main = new ExecuteQueue(runner);
  }

  create(): string {
    const id = randomUUID();
    this.#queues.set(id, new ExecuteQueue(this.#runner));
    return id;
  }

  /** Throws when there is none of this id. Cells it has taken already still run. */
  delete(id: string): void {
    if (!this.#queues.delete(id)) throw new Error(`no subshell "${id}"${this.#known()}`);
  }

  list(): string[] {
    return [...this.#queues.keys()];
  }

  /** The queue of a subshell, or of the main shell without an id. Throws when there is none of this id. */
  queue(id: string | null | undefined): ExecuteQueue {
    if (id == null) return this.#main;
    const queue = this.#queues.get(id);
    if (!queue) throw new Error(`no subshell "${id}"${this.#known()}`);
    return queue;
  }

  #known(): string {
    return this.#queues.size === 0 ? ": there are none" : `: there are ${this.list().join(", ")}`;
  }
}

import { Worker } from "node:worker_threads";
import type { LanguageReply, LanguageRequest } from "../language/protocol.js";

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;
type Question = WithoutId<LanguageRequest>;
type ReplyKinds = {
  compile: "compiled" | "diagnostics";
  settle: "settled";
  complete: "completions";
  inspect: "inspection";
  isComplete: "completeness";
  reset: "settled";
};
type ReplyTo<K extends Question["kind"]> = Extract<LanguageReply, { kind: ReplyKinds[K] }>;

interface Waiting {
  resolve(reply: LanguageReply): void;
  reject(reason: Error): void;
}

/** The language thread: compiles, completes and inspects, also while a cell runs. */
export class Language {
  readonly #entry: URL;
  #worker: Worker | undefined;
  #waiting = new Map<number, Waiting>();
  #last = 0;

  constructor(entry = new URL("../language/thread.js", import.meta.url)) {
    this.#entry = entry;
  }

  /** Starts the thread, so that the compiler warms up before the first cell needs it. */
  start(): Worker {
    if (this.#worker) return this.#worker;
    const worker = new Worker(this.#entry);
    worker.on("message", (reply: LanguageReply) => {
      this.#waiting.get(reply.id)?.resolve(reply);
      this.#waiting.delete(reply.id);
    });
    // An error comes before its exit, and in between another thread may have been started.
    const lost = (error: Error) => {
      if (worker === this.#worker) this.#lost(error);
    };
    worker.on("error", lost);
    worker.on("exit", (code) => lost(new Error(`the language thread ended with code ${code}`)));
    this.#worker = worker;
    return worker;
  }

  ask<Q extends Question>(question: Q): Promise<ReplyTo<Q["kind"]>> {
    const id = ++this.#last;
    return new Promise<LanguageReply>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.start().postMessage({ ...question, id });
    }) as Promise<ReplyTo<Q["kind"]>>;
  }

  async stop(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  /** A thread that died has forgotten the types of all cells; the next question starts another. */
  #lost(error: Error): void {
    this.#worker = undefined;
    const waiting = this.#waiting;
    this.#waiting = new Map();
    for (const entry of waiting.values()) entry.reject(error);
  }
}

import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { cancelPatience } from "../engine/cancelled.js";
import { isAlive } from "../engine/launch/leftovers.js";
import { discardParcel } from "../engine/parcel/folder.js";
import type { HandOut, RankResult } from "../engine/stages.js";
import type { Channel } from "../engine/wire/channel.js";
import type { ForwardStep } from "../engine/wire/messages.js";
import { CancelledError } from "./cancelled.js";
import { connectToBroker, patience, type Connection } from "./connect.js";
import { toBroker, type FromBroker, type Order, type ToBroker } from "./messages.js";
import type { SessionStatus } from "./types.js";

type HandedOut = Extract<FromBroker, { kind: "handedOut" }>;
type Answer = Exclude<Extract<FromBroker, { id: number }>, HandedOut>;
type Request = Extract<ToBroker, { kind: "status" | "forward" | "close" }>;
/** `Omit` that keeps a union a union. */
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/** Told how far the opening is: segments loaded of all, or bytes of weights quantised of all. */
export type OnProgress = (at: Extract<FromBroker, { kind: "progress" }>) => void;

/** Within this time the broker ends a run that is given up, if need be with its workers. */
const longestEnd = cancelPatience + patience;

/** The results of a session that ends are gone at most so long before its connection is, in milliseconds. */
const longestUnheard = 5000;

/** One connection to the broker of a live session. */
export class BrokerClient {
  readonly order: Order;
  readonly pid: number;
  readonly #channel: Channel<FromBroker, ToBroker>;
  readonly #socket: Socket;
  readonly #waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  readonly #handedOut = new Map<number, (message: HandedOut) => void>();
  readonly #ready: Promise<void>;
  #tell: {
    ready(): void;
    failed(error: Error): void;
    progress: OnProgress;
  };
  /** What comes right behind the welcome, before anybody waits for the model. */
  readonly #early: Parameters<OnProgress>[0][] = [];
  #next = 0;
  /** Why nothing can be asked any more. Each call throws an error of its own, which names the line that made it. */
  #gone: string | undefined;
  /** Whether the broker went away, and was not left. */
  #isOver = false;
  #closing: Promise<void> | undefined;

  private constructor({ socket, channel, order, pid }: Connection) {
    this.#socket = socket;
    this.#channel = channel;
    this.order = order;
    this.pid = pid;
    this.#tell = { ready() {}, failed() {}, progress: (at) => void this.#early.push(at) };
    this.#ready = new Promise((resolve, reject) => {
      this.#tell.ready = resolve;
      this.#tell.failed = reject;
    });
    this.#ready.catch(() => {});
  }

  /**
   * Connects to the session of this name. Undefined when there is none. Throws one line when its broker does not answer,
   * or is of another version.
   *
   * @param use `asksOnly` for a question about the session, which does not count as a use of it
   */
  static async connect(
    name: string,
    use?: { readonly asksOnly: boolean },
  ): Promise<BrokerClient | undefined> {
    const begin = (connection: Connection) => {
      const client = new BrokerClient(connection);
      return {
        client,
        message: (message: FromBroker) => client.#heard(message),
        closed: (error: Error | undefined) => client.#lost(error),
      };
    };
    const listener = await connectToBroker(name, begin, use);
    return listener?.client;
  }

  get connected(): boolean {
    return this.#gone === undefined;
  }

  /** Waits until the model is loaded. Throws one line when it cannot be. */
  async ready(onProgress?: OnProgress): Promise<void> {
    this.#tell.progress = onProgress ?? (() => {});
    this.#early.splice(0).forEach(this.#tell.progress);
    this.#socket.ref();
    try {
      await this.#ready;
    } finally {
      // A later start of the workers is no longer what was waited for.
      this.#tell.progress = () => {};
      this.#relax();
    }
  }

  async status(): Promise<SessionStatus> {
    const answer = await this.#ask({ kind: "status" }, patience);
    if (answer.kind !== "status") throw unexpected(answer);
    const ranks = answer.status.ranks.map((rank) => ({ ...rank, pid: rank.pid }));
    return { ...answer.status, ranks };
  }

  /**
   * Runs one step and hands its results to `read`, which must take every parcel; `handOut` makes its host edits. Throws
   * `CancelledError` when given up, and what a host edit throws.
   */
  async forward<T>(
    step: ForwardStep,
    signal: AbortSignal | undefined,
    read: (results: readonly RankResult[]) => Promise<T>,
    handOut: HandOut,
  ): Promise<T> {
    const work = step.gradient === undefined ? "forward pass" : "backward pass";
    if (signal?.aborted) throw new CancelledError(work);
    const id = this.#next;
    const failure: { error?: unknown } = {};
    this.#handedOut.set(id, (value) => {
      handOut(value)
        .then((parcels) => {
          const all = parcels.map((parcel) => parcel ?? null);
          this.#channel.send({ kind: "handedBack", id, key: value.key, parcels: all });
        })
        .catch((error: unknown) => {
          failure.error = error;
          this.#channel.send({ kind: "cancel", id });
        });
    });
    let cancel = () => {};
    let timer: NodeJS.Timeout | undefined;
    const given = new Promise<never>((_, reject) => {
      cancel = () => {
        this.#channel.send({ kind: "cancel", id });
        // A frozen broker must not keep the caller.
        timer = setTimeout(() => {
          this.#forget(id);
          reject(new CancelledError(work));
        }, longestEnd);
      };
    });
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const answer = await Promise.race([this.#ask({ kind: "forward", step }), given]);
      if ("error" in failure && signal?.aborted !== true) throw failure.error;
      if (answer.kind === "error")
        throw answer.cancelled ? new CancelledError(work) : new Error(answer.message);
      if (answer.kind !== "result") throw unexpected(answer);
      const result = await read(answer.results).catch((error: unknown) => this.#missed(error));
      // The caller, who may have its next pass to send, does not wait for this.
      setImmediate(() => this.#channel.send({ kind: "taken", id }));
      return result;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener("abort", cancel);
      this.#handedOut.delete(id);
    }
  }

  /** Lets the workers forget what this client's steps kept under this key. */
  release(key: string): void {
    this.#channel.send({ kind: "release", key });
  }

  /** Ends the session: its workers, its broker, its folder. One that has ended already is closed. */
  close(): Promise<void> {
    this.#closing ??= this.#close().catch((error: Error) => {
      this.#closing = undefined;
      throw error;
    });
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (!this.#isOver)
      await this.#ask({ kind: "close" }, 3 * patience).catch((error: Error) => {
        if (!this.#isOver) throw error;
      });
    this.#leave(`session "${this.order.name}" is closed`);
    await this.ended(5000);
  }

  /** Waits for the end of the broker's process, at most so many milliseconds. */
  async ended(within: number): Promise<void> {
    const until = performance.now() + within;
    while (isAlive(this.pid) && performance.now() < until) await sleep(10);
  }

  /** Leaves the session alive. */
  disconnect(): void {
    this.#leave(
      `session "${this.order.name}" was left by detach and lives on: open it again to use or close it`,
    );
  }

  /** Throws one line when nothing can be asked any more: the session has ended, or was left. */
  refuseGone(): void {
    if (this.#gone !== undefined) throw new Error(this.#gone);
  }

  #leave(why: string): void {
    this.#gone ??= why;
    this.#channel.close();
    this.#giveUpAll(this.#gone);
  }

  #ask(request: WithoutId<Request>, within?: number): Promise<Answer> {
    const id = this.#next++;
    return new Promise<Answer>((resolve, reject) => {
      if (this.#gone !== undefined) return reject(new Error(this.#gone));
      // The broker ends a connection that says what it does not understand.
      const checked = toBroker.safeParse({ ...request, id });
      if (!checked.success) {
        const [first] = checked.error.issues;
        return reject(new Error(`no such ${request.kind}: ${first?.path.join(".")}: ${first?.message}`));
      }
      const timer =
        within === undefined
          ? undefined
          : setTimeout(() => {
              this.#forget(id);
              reject(new Error(`broker of session "${this.order.name}" (pid ${this.pid}) does not answer`));
            }, within);
      const done = () => {
        clearTimeout(timer);
        this.#relax();
      };
      this.#waiting.set(id, {
        resolve: (answer) => (done(), resolve(answer)),
        reject: (error) => (done(), reject(error)),
      });
      this.#socket.ref();
      try {
        this.#channel.send({ ...request, id });
      } catch (error) {
        done();
        this.#forget(id);
        reject(error as Error);
      }
    });
  }

  /** Waits for this answer no more. */
  #forget(id: number): void {
    this.#waiting.delete(id);
    this.#relax();
  }

  /** What was to be read may have gone with a session that somebody else closed, before its end is heard of here. */
  async #missed(error: unknown): Promise<never> {
    const until = performance.now() + longestUnheard;
    const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
    while (isMissing && this.#gone === undefined && performance.now() < until) await sleep(10);
    throw this.#gone === undefined ? error : new Error(this.#gone);
  }

  #giveUpAll(why: string): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(new Error(why));
  }

  /** Lets a script end when it waits for nothing here. */
  #relax(): void {
    if (this.#waiting.size === 0) this.#socket.unref();
  }

  #heard(message: FromBroker): void {
    if (message.kind === "ready") return this.#tell.ready();
    if (message.kind === "failed") return this.#tell.failed(new Error(message.message));
    if (message.kind === "progress") return this.#tell.progress(message);
    if (message.kind === "welcome") return;
    if (message.kind === "handedOut") return this.#handedOut.get(message.id)?.(message);
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if (waiting !== undefined) return waiting.resolve(message);
    // Nobody waits for it any more.
    if (message.kind !== "result") return;
    for (const { parcel } of message.results) discardParcel(parcel);
    this.#channel.send({ kind: "taken", id: message.id });
  }

  #lost(error: Error | undefined): void {
    const why = error === undefined ? "" : `: ${error.message}`;
    this.#isOver = true;
    this.#gone ??= `session "${this.order.name}" has ended (its broker, pid ${this.pid}, is gone)${why}`;
    this.#tell.failed(new Error(this.#gone));
    this.#giveUpAll(this.#gone);
  }
}

function unexpected(answer: Answer): Error {
  return new Error(answer.kind === "error" ? answer.message : `broker answered with ${answer.kind}`);
}

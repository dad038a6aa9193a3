import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { Channel } from "../wire/channel.js";
import type { FromWorker, ToWorker } from "../wire/messages.js";
import { heapSettings } from "./heap.js";
import { program } from "./program.js";

export interface RankIdentity {
  readonly rank: number;
  readonly device: string;
  readonly stage: number;
  /** Bytes that its heap may come to hold, by estimate. */
  readonly heapBytes: number;
}

export interface RankEvents {
  /** Everything that the worker says once it has said hello. */
  message(from: RankProcess, message: FromWorker, body: Uint8Array): void;
  /** The process is gone; `reason` is one line that says which and why. Called once. */
  lost(from: RankProcess, reason: string): void;
  log(line: string): void;
}

/** Its helper thread speaks every second, whatever a worker does. */
const longestSilence = 30;

/**
 * A worker's heap is of ten megabytes, but what it holds of onnxruntime's tensors has V8 collect it several times a step; its
 * four threads then mark for tens of milliseconds on the cores that multiply, a tenth of a gradient of 1×128 tokens of OPT-125M.
 * On its own thread and at once a collection takes ten.
 */
const collectAlone = ["--single-threaded-gc", "--no-incremental-marking"];

/**
 * onnxruntime multiplies float32 by TensorFloat-32 on CUDA unless told otherwise, with 10 bits of mantissa. All CUDA libraries
 * ask this variable.
 */
const wholeFloat32 = { NVIDIA_TF32_OVERRIDE: "0" };

/** One worker process as its launcher sees it. */
export class RankProcess {
  readonly identity: RankIdentity;
  readonly #child: ChildProcess;
  readonly #events: RankEvents;
  readonly #longestSilence: number;
  #channel: Channel<FromWorker, ToWorker> | undefined;
  #beats = false;
  #silence = 0;
  #lastLine = "";
  #reason: string | undefined;
  #doing = "starting";
  #closing = false;
  memory = 0;
  readonly exited: Promise<void>;

  /** A worker that has not said anything for as many seconds as its longest silence is taken for frozen. */
  constructor(identity: RankIdentity, summons: object, events: RankEvents, silence = longestSilence) {
    this.identity = identity;
    this.#events = events;
    this.#longestSilence = silence;
    const worker = program(new URL("../worker.js", import.meta.url));
    this.#child = spawn(process.execPath, [...collectAlone, fileURLToPath(worker)], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...wholeFloat32,
        ...heapSettings(identity.heapBytes),
        VITRAIL_WORKER: JSON.stringify({ ...summons, rank: identity.rank }),
      },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream === null) continue;
      createInterface(stream).on("line", (line) => {
        // What V8 says when it has no memory stands in a box of hashes.
        const said = line.replace(/^[#\s]+/, "").trim();
        if (said !== "") this.#lastLine = said;
        events.log(`rank ${identity.rank}: ${line}`);
      });
    }
    this.exited = new Promise((resolve) => {
      this.#child.once("error", (error) => {
        this.#lose(`could not be started: ${error.message}`);
        resolve();
      });
      this.#child.once("close", (code, signal) => {
        this.#lose(this.#explain(code, signal));
        resolve();
      });
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get lost(): boolean {
    return this.#reason !== undefined;
  }

  /** Whether both the worker and its helper thread have said hello: without the latter, nobody would see it freeze. */
  get connected(): boolean {
    return this.#channel !== undefined && this.#beats;
  }

  /** The worker has said hello on this channel. */
  attach(channel: Channel<FromWorker, ToWorker>): void {
    this.#channel = channel;
  }

  /** Its helper thread has. */
  attachHeart(): void {
    this.#beats = true;
  }

  send(message: ToWorker, body?: Uint8Array): void {
    this.#channel?.send(message, body);
  }

  /** What the worker is doing, for the message when it dies doing it. */
  doing(what: string): void {
    this.#doing = what;
  }

  heard(message: FromWorker, body: Uint8Array): void {
    this.#silence = 0;
    if ("memory" in message) this.memory = message.memory;
    if (message.kind !== "beat" && this.#reason === undefined) this.#events.message(this, message, body);
  }

  /** The worker's connection closed: it is gone, or useless. */
  disconnected(error: Error | undefined): void {
    if (this.#closing || this.lost) return;
    // Its exit, which says more, is usually known a moment later.
    setTimeout(() => this.kill(error?.message ?? "closed its connection"), 500).unref();
  }

  /** To be called every second. Counting calls instead of reading a clock forgives a suspended computer. */
  tick(): void {
    if (!this.#beats || this.lost || ++this.#silence < this.#longestSilence) return;
    this.kill(`did not answer for ${this.#longestSilence} s while ${this.#doing}`);
  }

  /** Ends the process at once; `why`, if it is to be taken for lost. */
  kill(why?: string): void {
    if (why === undefined) this.#closing = true;
    else this.#lose(why);
    this.#child.kill("SIGKILL");
  }

  /** Asks the process to end, and ends it if it does not within two seconds. */
  async close(): Promise<void> {
    this.#closing = true;
    if (this.#channel === undefined) this.kill();
    else this.send({ kind: "exit" });
    const timer = setTimeout(() => this.kill(), 2000);
    await this.exited;
    clearTimeout(timer);
  }

  #lose(why: string): void {
    if (this.#reason !== undefined) return;
    const { rank, device, stage } = this.identity;
    this.#reason = `rank ${rank} (pid ${this.#child.pid ?? "none"}, ${device}, stage ${stage}) ${why}`;
    if (!this.#closing) this.#events.lost(this, this.#reason);
  }

  #explain(code: number | null, signal: NodeJS.Signals | null): string {
    const last = this.#lastLine === "" ? "" : `: ${this.#lastLine}`;
    if (signal === "SIGKILL")
      return `was killed by SIGKILL while ${this.#doing}: by hand, or by the system for want of memory`;
    if (signal !== null) return `was ended by ${signal} while ${this.#doing}${last}`;
    return `exited with code ${code} while ${this.#doing}${last}`;
  }
}

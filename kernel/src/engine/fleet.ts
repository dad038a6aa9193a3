import { existsSync } from "node:fs";
import { openModel } from "../models/model.js";
import { writeQuantised } from "../models/quantise/write.js";
import { Crew } from "./launch/crew.js";
import type { ModelPlace } from "./launch/load.js";
import { coordinatesOf } from "./mesh.js";
import { remove } from "./ownership.js";
import { discardLabelled, makeParcelFolder } from "./parcel/folder.js";
import type { Plan, StagePlan } from "./plan/plan.js";
import { Cancelled, cancelPatience } from "./cancelled.js";
import { runStages, type HandOut, type RankResult } from "./stages.js";
import type { CacheUse, ForwardStep } from "./wire/messages.js";

export interface FleetOptions {
  /** Private folder for the socket, and for parcels where there is no shared memory. */
  readonly folder: string;
  readonly model: ModelPlace;
  readonly plan: Plan;
  /** Seconds without a word after which a worker is taken for frozen; 30 when nothing else is said. */
  readonly longestSilence?: number;
  /** How many of all segments are loaded, or bytes of all weights quantised before that, and which one is next. */
  onProgress?(done: number, total: number, label: string, work: "loading" | "quantising"): void;
  log?(line: string): void;
}

/** One rank as it is now. */
export interface RankReport {
  readonly rank: number;
  readonly device: string;
  readonly stage: number;
  /** Which replica it belongs to, and which part of its layers it holds. */
  readonly dataRank: number;
  readonly tensorRank: number;
  readonly layers: { readonly from: number; readonly to: number };
  readonly pid: number | undefined;
  readonly state: "starting" | "ready" | "busy" | "lost";
  /** Resident set, bytes. */
  readonly memory: number;
  /** Bytes of keys and values kept for generations under way. */
  readonly cacheBytes: number;
}

const nobody: HandOut = () => Promise.reject(new Error("nobody is there to make a host edit"));

/** More losses than this within ten minutes, and the workers are not started again. */
const mostRestarts = 3;

/**
 * The workers of one model: starts them, runs steps through the pipeline, and starts them anew after one died.
 * One step at a time; the caller queues.
 */
export class Fleet {
  readonly #options: FleetOptions;
  readonly #parcels: string;
  #crew: Crew | undefined;
  readonly #closing = new AbortController();
  #launching: Promise<void> | undefined;
  #epoch = 0;
  #step = 0;
  #losses: number[] = [];
  /** Under which keys the workers may keep keys and values. */
  readonly #kept = new Set<string>();
  /** Why the last workers were ended. */
  #ended = "";
  #state: "down" | "loading" | "ready" | "busy" | "closed" = "down";

  constructor(options: FleetOptions) {
    this.#options = options;
    this.#parcels = makeParcelFolder(`${process.pid}`, options.folder);
  }

  get state(): "down" | "loading" | "ready" | "busy" | "closed" {
    return this.#state;
  }

  status(): RankReport[] {
    const { mesh, devices, stages } = this.#options.plan;
    return devices.map((device, rank) => {
      const { pipeline: stage, data: dataRank, tensor: tensorRank } = coordinatesOf(mesh, rank);
      const { layers } = stages[stage] as StagePlan;
      const now = this.#crew?.report(rank) ?? { pid: undefined, state: "lost", memory: 0, cacheBytes: 0 };
      return { rank, device, stage, dataRank, tensorRank, layers, ...now };
    });
  }

  /** Starts all workers and loads their stages. Throws one line when one of them cannot; then none is left. */
  launch(): Promise<void> {
    if (this.#state === "closed") return Promise.reject(new Error("session is closed"));
    if (this.#state === "ready" || this.#state === "busy") return Promise.resolve();
    this.#launching ??= this.#launch().finally(() => (this.#launching = undefined));
    return this.#launching;
  }

  /**
   * Runs one step, stage after stage, and returns what the ranks answered. Starts the workers again if they are
   * down. Throws `Cancelled` when the signal comes first, or one line when a worker fails or dies, or what `handOut`
   * throws.
   */
  async run(step: ForwardStep, signal?: AbortSignal, handOut: HandOut = nobody): Promise<RankResult[]> {
    await this.#ready(signal);
    if (this.#state !== "ready") throw new Error(`session is ${this.#state}`);
    if (step.cache !== undefined) this.#expectKept(step.cache);
    const crew = this.#crew as Crew;
    const id = ++this.#step;
    this.#state = "busy";
    let impatience: NodeJS.Timeout | undefined;
    const cancel = () => {
      crew.cancel(id);
      impatience = setTimeout(() => void this.#stop(new Cancelled()), cancelPatience);
    };
    signal?.addEventListener("abort", cancel, { once: true });
    try {
      const { mesh, stages } = this.#options.plan;
      const layers = stages.map((stage) => stage.layers);
      const into = { folder: this.#parcels, overflow: this.#options.folder, label: `${id}` };
      return await runStages(crew, { id, step, mesh, layers, into, handOut, signal });
    } catch (error) {
      // Ranks of other stages may wait for what will not come.
      crew.cancel(id);
      this.#discard(id);
      throw error;
    } finally {
      clearTimeout(impatience);
      signal?.removeEventListener("abort", cancel);
      if (this.#state === "busy") this.#state = "ready";
    }
  }

  /** Forgets the keys and values that steps keep under this key. Workers that are down keep none. */
  release(key: string): void {
    this.#kept.delete(key);
    this.#crew?.release(key);
  }

  /** Throws one line when what a step goes on from was kept by workers that are no more, which those of now cannot know. */
  #expectKept({ key, columns }: CacheUse): void {
    if (columns === 0) this.#kept.add(key);
    else if (!this.#kept.has(key))
      throw new Error(
        `keys and values of ${columns} positions went with workers that had to be started again: ${this.#ended}`,
      );
  }

  /** Ends all workers and removes everything that this fleet made. */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#closing.abort(new Error("session is closed"));
    await this.#crew?.end(new Error("session is closed"), true);
    this.#crew = undefined;
    remove(this.#parcels);
  }

  async #ready(signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) throw new Cancelled();
    if (this.#state === "ready") return;
    const recent = performance.now() - 600_000;
    this.#losses = this.#losses.filter((time) => time > recent);
    if (this.#state === "down" && this.#losses.length > mostRestarts)
      throw new Error(
        `workers died ${this.#losses.length} times within ten minutes: not starting them again; ` +
          `close the session, and open it again when the cause is found`,
      );
    let cancel = () => {};
    const cancelled = new Promise<never>((_, reject) => (cancel = () => reject(new Cancelled())));
    signal?.addEventListener("abort", cancel, { once: true });
    await Promise.race([this.launch(), cancelled]).finally(() =>
      signal?.removeEventListener("abort", cancel),
    );
  }

  async #launch(): Promise<void> {
    this.#state = "loading";
    try {
      await this.#quantise();
      const crew: Crew = new Crew({
        ...this.#options,
        epoch: ++this.#epoch,
        parcels: this.#parcels,
        onProgress: (loaded, total, label) => this.#options.onProgress?.(loaded, total, label, "loading"),
        onLost: (reason) => this.#lost(crew, reason),
        log: (line) => this.#options.log?.(line),
      });
      this.#crew = crew;
      await crew.start();
    } catch (error) {
      await this.#stop(error as Error);
      throw error;
    }
    // Closing may have begun meanwhile.
    if (this.#state === "loading") this.#state = "ready";
  }

  /** Once, before the first workers start: all of them read the same file. */
  async #quantise(): Promise<void> {
    const { folder, fingerprint, quantise } = this.#options.model;
    if (quantise === undefined) return;
    const model = await openModel(folder);
    if (model.checkpoint.fingerprint !== fingerprint)
      throw new Error(`${folder} has changed since the session was planned`);
    await writeQuantised(model, quantise, {
      signal: this.#closing.signal,
      onProgress: (...at) => this.#options.onProgress?.(...at, "quantising"),
    });
    this.#closing.signal.throwIfAborted();
  }

  /** A worker died: the running call fails at once, and the others, useless without it, are ended. */
  #lost(crew: Crew, reason: string): void {
    if (crew !== this.#crew || this.#state === "closed") return;
    this.#options.log?.(reason);
    this.#losses.push(performance.now());
    void this.#stop(new Error(reason));
  }

  /** Takes the workers down; whoever waits for them gets `error`. */
  async #stop(error: Error): Promise<void> {
    const crew = this.#crew;
    const step = this.#step;
    this.#crew = undefined;
    this.#kept.clear();
    this.#ended = error instanceof Cancelled ? "a cancelled step did not end" : error.message;
    if (this.#state !== "closed") this.#state = "down";
    await crew?.end(error, false);
    this.#discard(step);
  }

  #discard(id: number): void {
    for (const folder of [this.#parcels, this.#options.folder])
      if (existsSync(folder)) discardLabelled(folder, `${id}`);
  }
}

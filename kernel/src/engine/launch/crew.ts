import { randomBytes } from "node:crypto";
import type { Server } from "node:net";
import { join } from "node:path";
import { coordinatesOf, rankOf } from "../mesh.js";
import type { Plan } from "../plan/plan.js";
import { Cancelled } from "../cancelled.js";
import type { FromWorker, ToWorker } from "../wire/messages.js";
import { answerTogether, type Outside } from "./handOuts.js";
import { loadOf, type ModelPlace } from "./load.js";
import { openLobby } from "./lobby.js";
import { MeetingPlaces } from "./meetingPlaces.js";
import { RankProcess } from "./rankProcess.js";

export interface CrewOptions {
  readonly folder: string;
  readonly model: ModelPlace;
  readonly plan: Plan;
  readonly epoch: number;
  /** Folder for parcels. */
  readonly parcels: string;
  /** Seconds without a word after which a worker is taken for frozen. */
  readonly longestSilence?: number | undefined;
  onProgress(loaded: number, total: number, label: string): void;
  /** A worker is gone, for the reason given in one line. */
  onLost(reason: string): void;
  log(line: string): void;
}

type Reply = Extract<FromWorker, { kind: "done" | "failed" }>;
export type Done = Extract<FromWorker, { kind: "done" }>;
export type Step = Extract<ToWorker, { kind: "step" | "backward" }>;
const connectPatience = 60_000;

/** The worker processes of one launch, from their start to their end. */
export class Crew {
  readonly #options: CrewOptions;
  readonly #ranks: RankProcess[] = [];
  readonly #places: MeetingPlaces;
  readonly #progress = new Map<RankProcess, { loaded: number; total: number }>();
  readonly #held = new Map<RankProcess, ReadonlySet<string>>();
  readonly #entry = new Map<RankProcess, readonly string[]>();
  readonly #kept = new Map<RankProcess, number>();
  readonly #replies = new Map<RankProcess, { resolve(reply: Reply): void; reject(error: Error): void }>();
  readonly #outside = new Map<RankProcess, ReturnType<typeof answerTogether>>();
  readonly #ready: { promise: Promise<void>; resolve(): void; reject(error: Error): void };
  #server: Server | undefined;
  #ticking: NodeJS.Timeout | undefined;
  #ended = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.#places = new MeetingPlaces(options.plan);
    let resolve = () => {};
    let reject: (error: Error) => void = () => {};
    const promise = new Promise<void>((yes, no) => ([resolve, reject] = [yes, no]));
    promise.catch(() => {});
    this.#ready = { promise, resolve, reject };
  }

  /** Starts the processes; returns when every stage is loaded. Throws one line when one of them cannot be. */
  async start(): Promise<void> {
    const { folder, epoch, plan, log } = this.#options;
    const path = join(folder, "workers");
    const token = randomBytes(32).toString("hex");
    this.#server = await openLobby({ path, epoch, token, ranks: this.#ranks, log });
    if (this.#ended) {
      this.#server.close();
      return this.#ready.promise;
    }
    for (const [rank, device] of plan.devices.entries()) {
      const identity = {
        rank,
        device,
        stage: coordinatesOf(plan.mesh, rank).pipeline,
        heapBytes: plan.bytes / plan.devices.length + plan.spare[rank]!,
      };
      const process = new RankProcess(
        identity,
        { socket: path, token, epoch },
        {
          message: (from, message, body) => this.#heard(from, message, body),
          lost: (_, reason) => this.#options.onLost(reason),
          log,
        },
        this.#options.longestSilence,
      );
      this.#ranks.push(process);
    }
    this.#ticking = setInterval(() => this.#ranks.forEach((rank) => rank.tick()), 1000);
    const impatience = setTimeout(() => {
      for (const rank of this.#ranks)
        if (!rank.connected) rank.kill(`did not connect within ${connectPatience / 1000} s`);
    }, connectPatience);
    await this.#ready.promise.finally(() => clearTimeout(impatience));
  }

  /** The process of a rank, with what it is doing. */
  report(rank: number): {
    pid: number | undefined;
    state: "starting" | "ready" | "busy" | "lost";
    memory: number;
    cacheBytes: number;
  } {
    const process = this.#ranks[rank];
    if (process === undefined || process.lost)
      return { pid: undefined, state: "lost", memory: 0, cacheBytes: 0 };
    const state = !this.#held.has(process) ? "starting" : this.#replies.has(process) ? "busy" : "ready";
    const cacheBytes = this.#kept.get(process) ?? 0;
    return { pid: process.pid, state, memory: process.memory, cacheBytes };
  }

  /** Whether the ranks of a stage hold a hook point or a weight. */
  holds(stage: number, name: string): boolean {
    const first = this.#ranks[this.#firstOf(stage)];
    return first !== undefined && this.#held.get(first)?.has(name) === true;
  }

  /** Hook points whose value is the residual that a stage is fed, in forward order. */
  entry(stage: number): readonly string[] {
    const first = this.#ranks[this.#firstOf(stage)];
    return (first && this.#entry.get(first)) ?? [];
  }

  /**
   * Sends a step to the ranks of a stage, in their order, and waits for all; `outside` answers what they hand out
   * meanwhile. Throws the first cause when one of them fails.
   */
  async ask(stage: number, step: (index: number) => Step, outside: Outside): Promise<Done[]> {
    const ranks = this.#stage(stage);
    const failure: { error?: Error } = {};
    const hear = answerTogether(ranks, outside, (id, error) => {
      failure.error = error;
      this.cancel(id);
    });
    for (const rank of ranks) this.#outside.set(rank, hear);
    const replies = await Promise.all(ranks.map((rank, index) => this.#askRank(rank, step(index)))).finally(
      () => ranks.forEach((rank) => this.#outside.delete(rank)),
    );
    if (failure.error !== undefined) throw failure.error;
    const done = replies.filter((reply) => reply.kind === "done");
    if (done.length === replies.length) return done;
    const cause = replies.findIndex((reply) => reply.kind === "failed" && reply.why === "error");
    const failed = replies[cause];
    if (failed?.kind === "failed") throw new Error(`rank ${ranks[cause]?.identity.rank}: ${failed.message}`);
    throw new Cancelled();
  }

  /** Tells everybody to give a step up when the running segment is done. */
  cancel(id: number): void {
    for (const rank of this.#ranks) rank.send({ kind: "cancel", id });
  }

  /** Tells everybody to forget the keys and values kept under this key. */
  release(key: string): void {
    for (const rank of this.#ranks) rank.send({ kind: "release", key });
  }

  /** Ends the processes; whoever waits for them gets `error`. Politely: they may finish what they say. */
  async end(error: Error, politely: boolean): Promise<void> {
    this.#ended = true;
    clearInterval(this.#ticking);
    this.#server?.close();
    this.#ready.reject(error);
    for (const { reject } of this.#replies.values()) reject(error);
    this.#replies.clear();
    this.#places.remove();
    if (!politely) for (const rank of this.#ranks) rank.kill();
    await Promise.all(this.#ranks.map((rank) => (politely ? rank.close() : rank.exited)));
  }

  #stage(stage: number): RankProcess[] {
    const { mesh } = this.#options.plan;
    const first = this.#firstOf(stage);
    return this.#ranks.slice(first, first + mesh.data * mesh.tensor);
  }

  #firstOf(stage: number): number {
    return rankOf(this.#options.plan.mesh, { pipeline: stage, data: 0, tensor: 0 });
  }

  async #askRank(rank: RankProcess, step: Step): Promise<Reply> {
    if (this.#ended) throw new Error("workers have ended");
    const reply = new Promise<Reply>((resolve, reject) => this.#replies.set(rank, { resolve, reject }));
    rank.doing("running a forward pass");
    rank.send(step);
    const received = await reply;
    this.#replies.delete(rank);
    rank.doing("waiting");
    // Peers that wait for this rank over a socket must not wait for ever.
    if (received.kind === "failed") this.cancel(step.id);
    return received;
  }

  #heard(from: RankProcess, message: FromWorker, body: Uint8Array): void {
    const { rank } = from.identity;
    switch (message.kind) {
      case "hello":
        if (message.role !== "worker") return this.#settle();
        from.doing("loading");
        return this.#sendLoad(from);
      case "progress":
        return this.#progressed(from, message);
      case "ready":
        from.doing("waiting");
        this.#held.set(from, new Set(message.holds));
        this.#entry.set(from, message.entry);
        return this.#settle();
      case "failed":
        if (message.id === undefined && this.#held.has(from)) return from.kill(`failed: ${message.message}`);
        if (message.id === undefined)
          return this.#ready.reject(new Error(`rank ${rank} could not load: ${message.message}`));
        return this.#replies.get(from)?.resolve(message);
      case "done":
        return this.#replies.get(from)?.resolve(message);
      case "handedOut":
        return this.#outside.get(from)?.(from, message);
      case "kept":
        return void this.#kept.set(from, message.bytes);
      case "reduce":
        try {
          this.#places.arrive(rank, message, body, (meeting, sum) =>
            from.send({ kind: "reduced", group: message.group, ...meeting }, sum),
          );
        } catch (error) {
          from.kill(`broke a sum: ${(error as Error).message}`);
        }
        return;
      case "beat":
        return;
    }
  }

  /** All are ready when every stage is loaded and every helper thread speaks. */
  #settle(): void {
    const isLoaded = this.#held.size === this.#options.plan.devices.length;
    if (isLoaded && this.#ranks.every((rank) => rank.connected)) this.#ready.resolve();
  }

  #progressed(
    from: RankProcess,
    { loaded, total, segment }: Extract<FromWorker, { kind: "progress" }>,
  ): void {
    this.#progress.set(from, { loaded, total });
    const all = [...this.#progress.values()];
    // The first word of every rank says that all have mapped their shared segment, so that its name can go.
    if (all.length === this.#options.plan.devices.length) this.#places.remove();
    const sum = (pick: "loaded" | "total") => all.reduce((so, each) => so + each[pick], 0);
    this.#options.onProgress(sum("loaded"), sum("total"), segment);
  }

  #sendLoad(to: RankProcess): void {
    const { plan, model, folder, parcels } = this.#options;
    const { rank } = to.identity;
    const given = { ...model, meetings: this.#places.meetings(rank), parcels, overflow: folder };
    to.send({ kind: "load", load: loadOf(rank, plan, given) });
  }
}

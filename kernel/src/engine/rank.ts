import { Memo } from "../graph/memo.js";
import type { RankRun } from "../hooks/feeds.js";
import { isCotangent } from "../models/backward.js";
import { MappedFiles } from "../models/checkpoint/mapped.js";
import { openModel } from "../models/model.js";
import { quantised } from "../models/quantise/quantised.js";
import type { Stage } from "../models/stage.js";
import { Caches, paddedPast, type Cache } from "./caches.js";
import type { Groups } from "./collectives/collectives.js";
import { Course, type Hand, type StepOutcome } from "./course.js";
import { takeParcel } from "./parcel/reader.js";
import { replicaRows } from "./rows.js";
import type { Runtime } from "./runtime/runtime.js";
import { schedule, type Turn } from "./schedule.js";
import { Variants, type Variant } from "./variants.js";
import type { CacheUse, ForwardStep, Load, ParcelDescriptor } from "./wire/messages.js";
import { stageFeeds } from "./stageFeeds.js";
import { requestsOf } from "./wire/requests.js";

export interface StepOptions {
  readonly id: number;
  readonly step: ForwardStep;
  readonly carried: readonly ParcelDescriptor[];
  /** What other stages wait for. */
  readonly hands: readonly Hand[];
  /** Whether it stops before its gradients. */
  readonly waits: boolean;
  /** Whether all replicas must take part in the step, on this stage or another. */
  readonly meets: boolean;
  /** Asked between segments. */
  cancelled(): boolean;
  /** Sends what a host edit acts on and waits for what comes back. Throws `Cancelled` when the step is given up. */
  handOut(key: string, parcel: ParcelDescriptor | undefined): Promise<ParcelDescriptor | undefined>;
}

/** A step that waits for gradients from other stages. */
interface Waiting {
  readonly course: Course;
  /** What is left of it. */
  readonly turns: readonly Turn[];
  readonly due: readonly Hand[];
}

const known = new Memo<readonly Turn[]>(32);

/** What a stage runs for requests and whatever it returns of itself; equal steps run the same. */
function turnsOf(stage: Stage, requests: string, hands: readonly string[], isKept: boolean): readonly Turn[] {
  return known.of(stage, `${isKept} ${JSON.stringify(hands)} ${requests}`, () => {
    const results = stage.results.map(({ name }) => ({ key: name, point: name, slices: [] }));
    return schedule(stage, [...requestsOf(requests), ...results], hands, isKept);
  });
}

/** One rank's stage, its segments ready to run. */
export class Rank {
  readonly #load: Load;
  readonly #bare: Variant;
  readonly #variants: Variants;
  readonly #groups: Groups;
  readonly #files: MappedFiles;
  readonly #caches = new Caches();
  #waiting: Waiting | undefined;

  private constructor(load: Load, bare: Variant, variants: Variants, groups: Groups, files: MappedFiles) {
    this.#load = load;
    this.#bare = bare;
    this.#variants = variants;
    this.#groups = groups;
    this.#files = files;
  }

  /** Builds the stage and loads its segments one after another. Throws when the checkpoint is no longer the planned one. */
  static async open(
    load: Load,
    runtime: Runtime,
    groups: Groups,
    onProgress: (loaded: number, total: number, segment: string) => void,
  ): Promise<Rank> {
    const published = await openModel(load.folder);
    const model = load.quantise === undefined ? published : quantised(published, load.quantise);
    if (model.checkpoint.fingerprint !== load.fingerprint)
      throw new Error(`${load.folder} has changed since the session was planned`);
    const files = new MappedFiles(model.checkpoint);
    const variants = new Variants(load, model, runtime);
    return new Rank(load, await variants.bare(onProgress), variants, groups, files);
  }

  /** Names of the hook points and weights that this rank can be asked for. */
  get holds(): string[] {
    return [...this.#bare.points.keys(), ...this.#bare.stage.parameters];
  }

  /** Hook points whose value is the residual that other stages hand to this one. */
  get entry(): readonly string[] {
    return this.#bare.stage.entry;
  }

  /** Bytes of keys and values that are kept for generations under way. */
  get keptBytes(): number {
    return this.#caches.bytes;
  }

  /** Forgets the keys and values kept under this key. */
  release(key: string): void {
    this.#caches.release(key);
  }

  /**
   * Runs this replica's rows of the step through the segments that it needs, one after another, up to its gradients when
   * it waits for those of others. A failure on one rank aborts the step on its peers.
   */
  async run(options: StepOptions): Promise<StepOutcome> {
    const { id, step, hands, waits } = options;
    this.giveUp();
    return this.#guarded(id, async () => {
      this.#files.refuseWritten();
      await this.#variants.forgetOver();
      const rows = replicaRows(step.rows.length, this.#load.stage.data, {
        isEverywhere: step.cache?.everywhere === true,
        meets: options.meets,
      });
      if (rows === undefined) return { handed: [], parcel: undefined };
      const isBare =
        step.edits.length === 0 &&
        step.cache === undefined &&
        step.skip === undefined &&
        step.readout === undefined &&
        !step.weights?.length;
      const part = <Row>(of: readonly Row[]) => of.slice(rows.from, rows.to);
      const select = typeof step.select === "string" ? step.select : part(step.select);
      const own: ForwardStep = { ...step, rows: part(step.rows), select };
      const run: RankRun = {
        lengths: step.rows.map((row) => row.length),
        positions: Math.max(...step.rows.map((row) => row.length)),
        shard: this.#load.stage.tensor,
        rows,
      };
      const variant = isBare ? this.#bare : await this.#variants.of(step);
      const { stage } = variant;
      const cache = this.#cache(step.cache, run);
      const carried = await Promise.all(options.carried.map((parcel) => takeParcel(parcel)));
      const values = stageFeeds(variant, own, run, carried, cache);
      const names = hands.flatMap((hand) => hand.names);
      const isKept = step.cache !== undefined && step.cache.reads !== true;
      const turns = turnsOf(stage, step.requests, names, isKept);
      const [now, rest] = [false, true].map((isBackward) =>
        turns.filter(({ segment }) => segment.isBackward === isBackward),
      ) as [Turn[], Turn[]];
      const course = new Course({ ...options, load: this.#load, groups: this.#groups, variant, run, values });
      const later = (names: readonly string[]) => waits && names.some(isCotangent);
      const due = hands.filter(({ names }) => !later(names));
      const outcome = await course.go(waits ? now : turns, due, options.cancelled);
      if (waits) this.#waiting = { course, turns: rest, due: hands.filter(({ names }) => later(names)) };
      if (isKept) cache?.extend(stage.caches, values, own.rows, run.positions);
      return outcome;
    });
  }

  /** The gradients of a step that waits. Throws one line when none does. */
  async resume(
    id: number,
    carried: readonly ParcelDescriptor[],
    cancelled: () => boolean,
  ): Promise<StepOutcome> {
    const waiting = this.#waiting;
    this.giveUp();
    return this.#guarded(id, async () => {
      if (waiting?.course.id !== id) throw new Error(`step ${id} does not wait for its gradients`);
      await waiting.course.give(carried);
      return waiting.course.go(waiting.turns, waiting.due, cancelled);
    });
  }

  /** Forgets what a step that waits has computed. */
  giveUp(): void {
    this.#waiting = undefined;
  }

  async #guarded(id: number, work: () => Promise<StepOutcome>): Promise<StepOutcome> {
    for (const group of Object.values(this.#groups)) group.begin(id);
    try {
      return await work();
    } catch (error) {
      for (const group of Object.values(this.#groups)) group.abort();
      throw error;
    }
  }

  /** What this replica's rows go on from. */
  #cache(use: CacheUse | undefined, { rows: { from, to, tells } }: RankRun): Cache | undefined {
    if (use === undefined) return undefined;
    if (!tells && use.everywhere !== true) return paddedPast(use.columns);
    const chosen = use.rows && { rows: use.rows.slice(from, to) };
    return this.#caches.use({ ...use, ...chosen }, to - from);
  }
}

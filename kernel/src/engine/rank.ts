import type { HookPoint } from "../graph/point.js";
import type { Tensor } from "../graph/tensor.js";
import { editFeeds, heldParts, rowFeeds, type RankRun } from "../hooks/feeds.js";
import { sliceDense, type SliceContext } from "../hooks/slice.js";
import { decodeEdit, decodeTensor } from "../hooks/wire.js";
import { isCotangent } from "../models/backward.js";
import { prepareInputs } from "../models/inputs.js";
import { openModel } from "../models/model.js";
import { Caches, paddedPast, type Cache } from "./caches.js";
import { Cancelled } from "./cancelled.js";
import type { Groups } from "./collectives/collectives.js";
import { handOut } from "./handOut.js";
import { ParcelWriter, takeParcel } from "./parcel.js";
import { replicaRows } from "./rows.js";
import type { Runtime } from "./runtime.js";
import { schedule, type Turn } from "./schedule.js";
import { Variants, type Variant } from "./variants.js";
import type { CacheUse, ForwardStep, Handed, Load, ParcelDescriptor, PointRequest } from "./wire/messages.js";

/** What one step, or the part of it before its gradients, leaves. */
export interface StepOutcome {
  /** Values for other stages. */
  readonly handed: readonly Handed[];
  /** The requested values that this rank holds. */
  readonly parcel: ParcelDescriptor | undefined;
}

export interface StepOptions {
  readonly id: number;
  readonly step: ForwardStep;
  readonly carried: readonly ParcelDescriptor[];
  /** What other stages wait for. */
  readonly hands: readonly { readonly to: number; readonly names: readonly string[] }[];
  /** Whether it stops before its gradients. */
  readonly waits: boolean;
  /** Whether all replicas must take part in the step, on this stage or another. */
  readonly meets: boolean;
  /** Asked between segments. */
  cancelled(): boolean;
  /** Sends what a host edit acts on and waits for what comes back. Throws `Cancelled` when the step is given up. */
  handOut(key: string, parcel: ParcelDescriptor | undefined): Promise<ParcelDescriptor | undefined>;
}

/** A step under way: what it has computed, and the turns that are left. */
interface Course {
  readonly options: Pick<StepOptions, "id" | "step" | "hands" | "handOut">;
  readonly variant: Variant;
  readonly run: RankRun;
  readonly values: Map<string, Tensor>;
  readonly turns: readonly Turn[];
}

/** One rank's stage, its segments ready to run. */
export class Rank {
  readonly #load: Load;
  readonly #bare: Variant;
  readonly #variants: Variants;
  readonly #groups: Groups;
  readonly #caches = new Caches();
  #waiting: Course | undefined;

  private constructor(load: Load, bare: Variant, variants: Variants, groups: Groups) {
    this.#load = load;
    this.#bare = bare;
    this.#variants = variants;
    this.#groups = groups;
  }

  /** Builds the stage and loads its segments one after another. Throws when the checkpoint is no longer the planned one. */
  static async open(
    load: Load,
    runtime: Runtime,
    groups: Groups,
    onProgress: (loaded: number, total: number, segment: string) => void,
  ): Promise<Rank> {
    const model = await openModel(load.folder);
    if (model.checkpoint.fingerprint !== load.fingerprint)
      throw new Error(`${load.folder} has changed since the session was planned`);
    const variants = new Variants(load, model, runtime);
    return new Rank(load, await variants.bare(onProgress), variants, groups);
  }

  /** Names of the hook points and weights that this rank can be asked for. */
  get holds(): string[] {
    return [...this.#bare.points.keys(), ...this.#bare.stage.parameters];
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
      const own: ForwardStep = { ...step, rows: step.rows.slice(rows.from, rows.to) };
      const run: RankRun = {
        lengths: step.rows.map((row) => row.length),
        positions: Math.max(...step.rows.map((row) => row.length)),
        shard: this.#load.stage.tensor,
        rows,
      };
      const variant = isBare ? this.#bare : await this.#variants.of(step);
      const { stage } = variant;
      const cache = this.#cache(step.cache, run);
      const values = this.#feeds(variant, own, run, options.carried, cache);
      const results = stage.results.map(({ name }) => ({ key: name, point: name, slices: [] }));
      const names = hands.flatMap((hand) => hand.names);
      const turns = schedule(stage, [...step.requests, ...results], names);
      const [now, later] = [false, true].map((isBackward) =>
        turns.filter(({ segment }) => segment.isBackward === isBackward),
      ) as [Turn[], Turn[]];
      const course = { options, variant, run, values };
      const due = hands.filter((hand) => !waits || !hand.names.some(isCotangent));
      const outcome = await this.#go({ ...course, turns: waits ? now : turns }, due, options.cancelled);
      if (waits) this.#waiting = { ...course, turns: later };
      cache?.extend(stage.caches, values, own.rows, run.positions);
      return outcome;
    });
  }

  /** The gradients of a step that waits. Throws one line when none does. */
  async resume(
    id: number,
    carried: readonly ParcelDescriptor[],
    cancelled: () => boolean,
  ): Promise<StepOutcome> {
    const course = this.#waiting;
    this.giveUp();
    return this.#guarded(id, async () => {
      if (course?.options.id !== id) throw new Error(`step ${id} does not wait for its gradients`);
      for (const [name, tensor] of carried.flatMap((parcel) => [...takeParcel(parcel)]))
        course.values.set(name, tensor);
      const due = course.options.hands.filter(({ names }) => names.every(isCotangent));
      return this.#go(course, due, cancelled);
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

  /** Takes the turns of a step, then hands over what is due. */
  async #go(course: Course, due: StepOptions["hands"], cancelled: () => boolean): Promise<StepOutcome> {
    const { variant, run, values, turns, options } = course;
    const made: ParcelWriter[] = [];
    const write = (of: string) => {
      const writer = this.#writer(options.id, of);
      made.push(writer);
      return writer;
    };
    try {
      let writer: ParcelWriter | undefined;
      for (const turn of turns) {
        if (cancelled()) throw new Cancelled();
        await this.#run(variant, turn, values);
        await this.#exchange(variant, turn, values, run, options);
        for (const request of turn.requests) {
          const part = await this.#part(variant, request, turn, values, run);
          if (part === undefined) continue;
          writer ??= write("results");
          writer.add(request.key, part);
        }
        this.#forget(turn, values);
      }
      if (cancelled()) throw new Cancelled();
      const carries = due.map(({ to, names }) => {
        const carry = write(`carry-${to}`);
        for (const { name, as } of variant.stage.outputs)
          if (names.includes(as)) carry.add(as, values.get(name) as Tensor);
        return { to, carry };
      });
      return {
        handed: carries.map(({ to, carry }) => ({ to, parcel: carry.finish() })),
        parcel: writer?.finish(),
      };
    } catch (error) {
      for (const writer of made) writer.discard();
      throw error;
    }
  }

  #writer(id: number, of: string): ParcelWriter {
    const { parcels, rank, overflow } = this.#load;
    return new ParcelWriter(parcels, `${id}`, `${rank}-${of}`, overflow);
  }

  async #run(
    { executables }: Variant,
    { index, segment, fetches }: Turn,
    values: Map<string, Tensor>,
  ): Promise<void> {
    const feeds = new Map(segment.inputs.map((name) => [name, values.get(name) as Tensor]));
    const outputs = await executables[index]!.run(feeds, fetches);
    for (const [name, tensor] of outputs) values.set(name, tensor);
  }

  async #exchange(
    { points }: Variant,
    { exchange }: Turn,
    values: Map<string, Tensor>,
    run: RankRun,
    { id, step, handOut: send }: Course["options"],
  ): Promise<void> {
    if (exchange === undefined) return;
    const value = values.get(exchange.value) as Tensor;
    if (exchange.kind === "sum") return this.#groups[exchange.over].allReduceSum(value.data as Float32Array);
    const { key } = exchange;
    if (!run.rows.tells) {
      await send(key, undefined);
      return void values.set(exchange.back, value);
    }
    const edit = step.edits.find((each) => each.key === key) as ForwardStep["edits"][number];
    const point = points.get(edit.point) as HookPoint;
    const back = await handOut(
      value,
      edit,
      this.#context(point, value.shape, run),
      this.#tells(point),
      async (part) => {
        const parcel = part && this.#pack(this.#writer(id, "handOut"), [[key, part]]);
        const answer = await send(key, parcel);
        return answer && takeParcel(answer).get(key);
      },
    );
    values.set(exchange.back, back);
  }

  /** Drops what was only fetched for a hook, and what this segment read last. */
  #forget({ segment, fetches, frees }: Turn, values: Map<string, Tensor>): void {
    const kept = new Set(segment.outputs);
    for (const name of fetches) if (!kept.has(name)) values.delete(name);
    for (const name of frees) values.delete(name);
  }

  /** The part of a requested value that this rank answers for, or undefined when that is none of it. */
  async #part(
    { points, stage }: Variant,
    { point: name, slices }: PointRequest,
    { segment }: Turn,
    values: ReadonlyMap<string, Tensor>,
    run: RankRun,
  ): Promise<Tensor | undefined> {
    const point = points.get(name) as HookPoint;
    const value = values.get(segment.points.get(name) as string) as Tensor;
    const { size } = this.#load.stage.tensor;
    let data = value.data as Float32Array;
    if (point.partition.kind === "partial" && size > 1) {
      data = data.slice();
      await this.#groups.tensor.allReduceSum(data);
    }
    const result = stage.results.find((each) => each.name === name);
    const tells = result === undefined || result.isTerm ? run.rows.tells : this.#load.stage.data.rank === 0;
    if (!tells || !this.#tells(point)) return undefined;
    if (result !== undefined) return { dtype: "f32", data, shape: value.shape };
    const context = this.#context(point, value.shape, run);
    const dense = sliceDense({ data, shape: value.shape }, slices, context);
    return dense && { dtype: "f32", ...dense };
  }

  /** Whether this rank tells its part of its replica's value; the first does for all where each has the whole. */
  #tells({ partition }: HookPoint): boolean {
    return partition.kind === "split" || this.#load.stage.tensor.rank === 0;
  }

  /** Throws when the part is not the one that the plan says. */
  #context(point: HookPoint, shape: readonly number[], run: RankRun): SliceContext {
    const held = heldParts(point, run);
    for (const { axis, size, start, whole } of held)
      if (shape[axis] !== size)
        throw new Error(
          `${point.name}: rank holds ${shape[axis]} of ${whole} along ${point.axes[axis]} from ${start} on, not ${size}`,
        );
    // An empty row is all padding; whoever counts from its end means its one column.
    return { axes: point.axes, lengths: run.lengths.map((length) => Math.max(length, 1)), held };
  }

  /** What this replica's rows go on from. */
  #cache(use: CacheUse | undefined, { rows: { from, to, tells } }: RankRun): Cache | undefined {
    if (use === undefined) return undefined;
    if (!tells && use.everywhere !== true) return paddedPast(use.columns);
    const chosen = use.rows && { rows: use.rows.slice(from, to) };
    return this.#caches.use({ ...use, ...chosen }, to - from);
  }

  #feeds(
    { stage, points }: Variant,
    step: ForwardStep,
    run: RankRun,
    carried: readonly ParcelDescriptor[],
    cache: Cache | undefined,
  ): Map<string, Tensor> {
    const { tokens, positions, mask, select } = prepareInputs(
      step.rows,
      step.select,
      cache?.past,
      run.positions,
    );
    const all = new Map<string, Tensor>([
      ["tokens", { dtype: "i64", ...tokens }],
      ["positions", { dtype: "i64", ...positions }],
      ["mask", { dtype: "f32", ...mask }],
      ["select", { dtype: "i64", ...select }],
      ...carried.flatMap((parcel) => [...takeParcel(parcel)]),
      ...Object.entries(step.tensors ?? {})
        .filter(([name]) => stage.inputs.includes(name))
        .map(([name, wire]) => [name, decodeTensor(name, wire)] as const),
      ...(cache?.feeds(stage.caches) ?? []),
      ...(this.#load.stage.data.size > 1 ? rowFeeds(run) : []),
    ]);
    for (const edit of [...step.edits, ...(step.gradient?.edits ?? [])].map(decodeEdit)) {
      const fed = editFeeds(edit, points.get(edit.point) as HookPoint, run);
      for (const [name, dense] of fed) all.set(name, { dtype: "f32", ...dense });
    }
    const missing = stage.inputs.filter((name) => !all.has(name) && !isCotangent(name));
    if (missing.length > 0) throw new Error(`stage was not given ${missing.join(", ")}`);
    return new Map(stage.inputs.flatMap((name) => (all.has(name) ? [[name, all.get(name) as Tensor]] : [])));
  }

  #pack(writer: ParcelWriter, tensors: readonly (readonly [string, Tensor])[]): ParcelDescriptor {
    try {
      for (const [name, tensor] of tensors) writer.add(name, tensor);
      return writer.finish();
    } catch (error) {
      writer.discard();
      throw error;
    }
  }
}

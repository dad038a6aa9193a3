import { shareOf, type HookPoint } from "../graph/point.js";
import type { Tensor } from "../graph/tensor.js";
import { editFeeds } from "../hooks/feeds.js";
import { sliceDense, type SliceContext } from "../hooks/slice.js";
import { decodeEdit } from "../hooks/wire.js";
import { prepareInputs } from "../models/inputs.js";
import { openModel } from "../models/model.js";
import { Caches, type Cache } from "./caches.js";
import { Cancelled } from "./cancelled.js";
import type { Collectives } from "./collectives/collectives.js";
import { ParcelWriter, takeParcel } from "./parcel.js";
import type { Runtime } from "./runtime.js";
import { schedule, type Turn } from "./schedule.js";
import { Variants, type Variant } from "./variants.js";
import type { ForwardStep, Load, ParcelDescriptor, PointRequest } from "./wire/messages.js";

/** What one step leaves: the values for the next stage, and the requested values that this rank holds. */
export interface StepOutcome {
  readonly carry: ParcelDescriptor | undefined;
  readonly parcel: ParcelDescriptor | undefined;
}

export interface StepOptions {
  readonly id: number;
  readonly step: ForwardStep;
  readonly carry: ParcelDescriptor | undefined;
  /** Whether the next stage waits for what this one carries. */
  readonly carries: boolean;
  /** Asked between segments. */
  cancelled(): boolean;
}

/** One rank's stage, its segments ready to run. */
export class Rank {
  readonly #load: Load;
  readonly #bare: Variant;
  readonly #variants: Variants;
  readonly #collectives: Collectives;
  readonly #caches = new Caches();

  private constructor(load: Load, bare: Variant, variants: Variants, collectives: Collectives) {
    this.#load = load;
    this.#bare = bare;
    this.#variants = variants;
    this.#collectives = collectives;
  }

  /** Builds the stage and loads its segments one after another. Throws when the checkpoint is no longer the planned one. */
  static async open(
    load: Load,
    runtime: Runtime,
    collectives: Collectives,
    onProgress: (loaded: number, total: number, segment: string) => void,
  ): Promise<Rank> {
    const model = await openModel(load.folder);
    if (model.checkpoint.fingerprint !== load.fingerprint)
      throw new Error(`${load.folder} has changed since the session was planned`);
    const variants = new Variants(load, model, runtime);
    return new Rank(load, await variants.bare(onProgress), variants, collectives);
  }

  /** Names of the hook points that this rank can be asked for. */
  get points(): string[] {
    return [...this.#bare.points.keys()];
  }

  /** Bytes of keys and values that are kept for generations under way. */
  get keptBytes(): number {
    return this.#caches.bytes;
  }

  /** Forgets the keys and values kept under this key. */
  release(key: string): void {
    this.#caches.release(key);
  }

  /** Runs the segments that the step needs, one after another. A failure on one rank aborts the step on its peers. */
  async run(options: StepOptions): Promise<StepOutcome> {
    const { id, step, carries } = options;
    this.#collectives.begin(id);
    let writer: ParcelWriter | undefined;
    try {
      const isBare = step.edits.length === 0 && step.cache === undefined;
      const cache = step.cache && this.#caches.use(step.cache, step.rows.length);
      const variant = isBare ? this.#bare : await this.#variants.edited(step.edits, step.cache !== undefined);
      const values = this.#feeds(variant, step, options.carry, cache);
      // An empty row is all padding; whoever counts from its end means its one column.
      const lengths = step.rows.map((row) => Math.max(row.length, 1));
      for (const turn of schedule(variant.stage, step.requests, carries)) {
        if (options.cancelled()) throw new Cancelled();
        await this.#run(variant, turn, values);
        for (const request of turn.requests) {
          const part = await this.#part(variant, request, turn, values, lengths);
          if (part === undefined) continue;
          writer ??= this.#writer(id, "results");
          writer.add(request.key, part);
        }
        this.#forget(turn, values);
      }
      if (options.cancelled()) throw new Cancelled();
      const carry = carries ? this.#carry(id, variant, values) : undefined;
      cache?.extend(variant.stage.caches, values, step.rows);
      return { carry, parcel: writer?.finish() };
    } catch (error) {
      writer?.discard();
      this.#collectives.abort();
      throw error;
    }
  }

  #writer(id: number, of: "results" | "carry"): ParcelWriter {
    const { parcels, rank, overflow } = this.#load;
    return new ParcelWriter(parcels, `${id}`, `${rank}-${of}`, overflow);
  }

  async #run(
    { executables }: Variant,
    { index, segment, fetches, reduces }: Turn,
    values: Map<string, Tensor>,
  ): Promise<void> {
    const feeds = new Map(segment.inputs.map((name) => [name, values.get(name) as Tensor]));
    const outputs = await executables[index]!.run(feeds, fetches);
    for (const [name, tensor] of outputs) values.set(name, tensor);
    if (!reduces || segment.reduction === undefined) return;
    await this.#collectives.allReduceSum(values.get(segment.reduction.value)?.data as Float32Array);
  }

  /** Drops what was only fetched for a hook, and what this segment read last. */
  #forget({ segment, fetches, frees }: Turn, values: Map<string, Tensor>): void {
    const kept = new Set(segment.outputs);
    for (const name of fetches) if (!kept.has(name)) values.delete(name);
    for (const name of frees) values.delete(name);
  }

  /** The part of a requested value that this rank answers for, or undefined when that is none of it. */
  async #part(
    { points }: Variant,
    { point: name, slices }: PointRequest,
    { segment }: Turn,
    values: ReadonlyMap<string, Tensor>,
    lengths: readonly number[],
  ): Promise<Tensor | undefined> {
    const point = points.get(name) as HookPoint;
    const value = values.get(segment.points.get(name) as string) as Tensor;
    const { rank, size } = this.#load.stage.tensor;
    let data = value.data as Float32Array;
    if (point.partition.kind === "partial" && size > 1) {
      data = data.slice();
      await this.#collectives.allReduceSum(data);
    }
    if (point.partition.kind !== "split" && rank > 0) return undefined;
    const context: SliceContext = { axes: point.axes, lengths, ...held(point, value.shape, rank, size) };
    const dense = sliceDense({ data, shape: value.shape }, slices, context);
    return dense && { dtype: "f32", ...dense };
  }

  #feeds(
    { stage, points }: Variant,
    step: ForwardStep,
    carry: ParcelDescriptor | undefined,
    cache: Cache | undefined,
  ): Map<string, Tensor> {
    const { tokens, positions, mask, select } = prepareInputs(step.rows, step.select, cache?.past);
    const all = new Map<string, Tensor>([
      ["tokens", { dtype: "i64", ...tokens }],
      ["positions", { dtype: "i64", ...positions }],
      ["mask", { dtype: "f32", ...mask }],
      ["select", { dtype: "i64", ...select }],
      ...(carry === undefined ? [] : takeParcel(carry)),
      ...(cache?.feeds(stage.caches) ?? []),
    ]);
    const lengths = step.rows.map((row) => row.length);
    const run = { lengths, positions: Math.max(...lengths), shard: this.#load.stage.tensor };
    for (const edit of step.edits.map(decodeEdit)) {
      const fed = editFeeds(edit, points.get(edit.point) as HookPoint, run);
      for (const [name, dense] of fed) all.set(name, { dtype: "f32", ...dense });
    }
    const missing = stage.inputs.filter((name) => !all.has(name));
    if (missing.length > 0) throw new Error(`stage was not given ${missing.join(", ")}`);
    return new Map(stage.inputs.map((name) => [name, all.get(name) as Tensor]));
  }

  #carry(id: number, { stage }: Variant, values: ReadonlyMap<string, Tensor>): ParcelDescriptor {
    const writer = this.#writer(id, "carry");
    try {
      for (const { name, as } of stage.outputs) writer.add(as, values.get(name) as Tensor);
      return writer.finish();
    } catch (error) {
      writer.discard();
      throw error;
    }
  }
}

/** Where this rank's part of a split axis lies in the whole. Throws when the part is not the one that the plan says. */
function held(
  point: HookPoint,
  shape: readonly number[],
  rank: number,
  size: number,
): Pick<SliceContext, "held"> {
  if (point.partition.kind !== "split" || size === 1) return {};
  const { axis } = point.partition;
  const whole = point.shape[axis] as number;
  const { from, to } = shareOf(whole, { rank, size });
  if (shape[axis] !== to - from)
    throw new Error(
      `${point.name}: tensor rank ${rank} of ${size} holds ${shape[axis]} of ${whole}, not ${to - from}`,
    );
  return { held: { axis, start: from, whole } };
}

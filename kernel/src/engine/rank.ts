import type { HookPoint } from "../graph/point.js";
import type { Tensor } from "../graph/tensor.js";
import { sliceDense, type SliceContext } from "../hooks/slice.js";
import { buildStage } from "../models/build.js";
import { prepareInputs } from "../models/inputs.js";
import { openModel } from "../models/model.js";
import type { Stage } from "../models/stage.js";
import { Cancelled } from "./cancelled.js";
import type { Collectives } from "./collectives/collectives.js";
import { partOf } from "./mesh.js";
import { ParcelWriter, takeParcel } from "./parcel.js";
import type { Executable, Runtime } from "./runtime.js";
import { schedule, type Turn } from "./schedule.js";
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
  readonly #stage: Stage;
  readonly #executables: readonly Executable[];
  readonly #collectives: Collectives;
  readonly #points: ReadonlyMap<string, HookPoint>;

  private constructor(
    load: Load,
    stage: Stage,
    executables: readonly Executable[],
    collectives: Collectives,
  ) {
    this.#load = load;
    this.#stage = stage;
    this.#executables = executables;
    this.#collectives = collectives;
    this.#points = new Map(stage.points.map((point) => [point.name, point]));
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
    const stage = buildStage(model, load.stage);
    const half = [...model.checkpoint.tensors.values()].some(
      ({ dtype }) => dtype === "f16" || dtype === "bf16",
    );
    const executables: Executable[] = [];
    for (const segment of stage.segments) {
      onProgress(executables.length, stage.segments.length, segment.name);
      const { threads, weights, spin } = load;
      const device = segment.isOnHost ? "cpu" : load.device;
      const { weightFolder } = segment;
      executables.push(
        await runtime.load(segment.model, { weightFolder, threads, weights, device, spin, half }),
      );
    }
    onProgress(executables.length, stage.segments.length, "");
    return new Rank(load, stage, executables, collectives);
  }

  /** Names of the hook points that this rank can be asked for. */
  get points(): string[] {
    return [...this.#points.keys()];
  }

  /** Runs the segments that the step needs, one after another. A failure on one rank aborts the step on its peers. */
  async run(options: StepOptions): Promise<StepOutcome> {
    const { id, step, carries } = options;
    this.#collectives.begin(id);
    let writer: ParcelWriter | undefined;
    try {
      const values = this.#feeds(step, options.carry);
      const lengths = step.rows.map((row) => row.length);
      for (const turn of schedule(this.#stage, step.requests, carries)) {
        if (options.cancelled()) throw new Cancelled();
        await this.#run(turn, values);
        for (const request of turn.requests) {
          const part = await this.#part(request, turn, values, lengths);
          if (part === undefined) continue;
          writer ??= new ParcelWriter(this.#load.parcels, `${id}`, this.#load.overflow);
          writer.add(request.key, part);
        }
        this.#forget(turn, values);
      }
      if (options.cancelled()) throw new Cancelled();
      const carry = carries ? this.#carry(id, values) : undefined;
      return { carry, parcel: writer?.finish() };
    } catch (error) {
      writer?.discard();
      this.#collectives.abort();
      throw error;
    }
  }

  async #run({ index, segment, fetches, reduces }: Turn, values: Map<string, Tensor>): Promise<void> {
    const feeds = new Map(segment.inputs.map((name) => [name, values.get(name) as Tensor]));
    const outputs = await (this.#executables[index] as Executable).run(feeds, fetches);
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
    { point: name, slices }: PointRequest,
    { segment }: Turn,
    values: ReadonlyMap<string, Tensor>,
    lengths: readonly number[],
  ): Promise<Tensor | undefined> {
    const point = this.#points.get(name) as HookPoint;
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

  #feeds(step: ForwardStep, carry: ParcelDescriptor | undefined): Map<string, Tensor> {
    const { tokens, positions, mask, select } = prepareInputs(step.rows, step.select);
    const all = new Map<string, Tensor>([
      ["tokens", { dtype: "i64", ...tokens }],
      ["positions", { dtype: "i64", ...positions }],
      ["mask", { dtype: "f32", ...mask }],
      ["select", { dtype: "i64", ...select }],
      ...(carry === undefined ? [] : takeParcel(carry)),
    ]);
    const missing = this.#stage.inputs.filter((name) => !all.has(name));
    if (missing.length > 0) throw new Error(`stage was not given ${missing.join(", ")}`);
    return new Map(this.#stage.inputs.map((name) => [name, all.get(name) as Tensor]));
  }

  #carry(id: number, values: ReadonlyMap<string, Tensor>): ParcelDescriptor {
    const writer = new ParcelWriter(this.#load.parcels, `${id}`, this.#load.overflow);
    try {
      for (const { name, as } of this.#stage.outputs) writer.add(as, values.get(name) as Tensor);
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
  const { from, to } = partOf(whole, rank, size);
  if (shape[axis] !== to - from)
    throw new Error(
      `${point.name}: tensor rank ${rank} of ${size} holds ${shape[axis]} of ${whole}, not ${to - from}`,
    );
  return { held: { axis, start: from, whole } };
}

import { gradientAt, type HookPoint } from "../graph/point.js";
import type { Tensor } from "../graph/tensor.js";
import { heldParts, type RankRun } from "../hooks/feeds.js";
import type { SliceContext } from "../hooks/indexLists.js";
import { sliceDense } from "../hooks/slice.js";
import type { WireEdit } from "../hooks/wire.js";
import type { Segment } from "../models/stage.js";
import { Cancelled } from "./cancelled.js";
import type { Groups } from "./collectives/collectives.js";
import { handOut } from "./handOut.js";
import { takeParcel } from "./parcel/reader.js";
import { ParcelWriter } from "./parcel/writer.js";
import { runSegment } from "./runSegment.js";
import type { Turn } from "./schedule.js";
import type { Variant } from "./variants.js";
import type { ForwardStep, Handed, Load, ParcelDescriptor } from "./wire/messages.js";
import type { PointRequest } from "./wire/requests.js";

/** What one step, or the part of it before its gradients, leaves. */
export interface StepOutcome {
  /** Values for other stages. */
  readonly handed: readonly Handed[];
  /** The requested values that this rank holds. */
  readonly parcel: ParcelDescriptor | undefined;
}

/** Values that another stage waits for, by the names it has for them. */
export interface Hand {
  readonly to: number;
  readonly names: readonly string[];
}

/** A step as one rank has begun it. */
export interface CourseOptions {
  readonly id: number;
  readonly step: ForwardStep;
  readonly load: Load;
  readonly groups: Groups;
  readonly variant: Variant;
  readonly run: RankRun;
  /** What the stage is fed, by name; what its segments compute is put beside it. */
  readonly values: Map<string, Tensor>;
  /** Sends what a host edit acts on and waits for what comes back. Throws `Cancelled` when the step is given up. */
  handOut(key: string, parcel: ParcelDescriptor | undefined): Promise<ParcelDescriptor | undefined>;
}

/** One step on one rank, under way: its segments run in turns, and what is asked of them leaves in parcels. */
export class Course {
  readonly #options: CourseOptions;
  /** Tokens of each row; an empty row is all padding, and whoever counts from its end means its one column. */
  readonly #lengths: readonly number[];

  constructor(options: CourseOptions) {
    this.#options = options;
    this.#lengths = options.run.lengths.map((length) => Math.max(length, 1));
  }

  get id(): number {
    return this.#options.id;
  }

  /** Takes over values that others have handed to this stage. */
  async give(carried: readonly ParcelDescriptor[]): Promise<void> {
    for (const parcel of carried)
      for (const [name, tensor] of await takeParcel(parcel)) this.#options.values.set(name, tensor);
  }

  /** Takes turns, then hands over what is due. Throws `Cancelled` between two of them. */
  async go(turns: readonly Turn[], due: readonly Hand[], cancelled: () => boolean): Promise<StepOutcome> {
    const { variant, values } = this.#options;
    const made: ParcelWriter[] = [];
    const write = (of: string) => {
      const writer = this.#writer(of);
      made.push(writer);
      return writer;
    };
    try {
      let writer: ParcelWriter | undefined;
      for (const turn of turns) {
        if (cancelled()) throw new Cancelled();
        await this.#run(turn, (shape) => (writer ??= write("results")).place(shape));
        await this.#exchange(turn);
        for (const request of turn.requests) {
          const point = variant.points.get(request.point) as HookPoint;
          const value = values.get(turn.segment.points.get(request.point) as string) as Tensor;
          const part = this.#part(request, point, value);
          if (part === undefined) continue;
          writer ??= write("results");
          writer.add(request.key, part);
        }
        this.#forget(turn);
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

  #writer(of: string): ParcelWriter {
    const { id, load } = this.#options;
    return new ParcelWriter(load.parcels, `${id}`, `${load.rank}-${of}`, load.overflow);
  }

  /** @param place memory of the parcel that results leave in, for a value of this shape */
  async #run(
    { index, segment, fetches, requests }: Turn,
    place: (shape: readonly number[]) => Tensor | undefined,
  ): Promise<void> {
    // What is asked of it may all be what it is given.
    if (fetches.length === 0) return;
    const { variant, values } = this.#options;
    const placed = this.#placed(segment, requests);
    const outputs = await runSegment(variant.executables[index]!, segment, values, fetches, (name, shape) =>
      placed.has(name) ? place(shape) : undefined,
    );
    for (const [name, tensor] of outputs) values.set(name, tensor);
  }

  /** Values that leave whole, and that nobody reads after this segment, so that they may be computed where they leave. */
  #placed(segment: Segment, requests: readonly PointRequest[]): ReadonlySet<string> {
    const { variant, load, run } = this.#options;
    if (load.device !== "cpu" || !run.rows.tells) return new Set();
    const leaving = requests.flatMap(({ point: name, slices }) => {
      const point = variant.points.get(name) as HookPoint;
      const value = segment.points.get(name) as string;
      const isRead = segment.outputs.includes(value) || segment.exchange?.value === value;
      const isResult = variant.stage.results.some((each) => each.name === name);
      return slices.length > 0 || isRead || isResult || !this.#tells(point) ? [] : [value];
    });
    return new Set(leaving);
  }

  async #exchange({ exchange }: Turn): Promise<void> {
    if (exchange === undefined) return;
    const { groups, values, step, run, variant, handOut: send } = this.#options;
    const value = values.get(exchange.value) as Tensor;
    if (exchange.kind === "sum") return groups[exchange.over].allReduceSum(value.data as Float32Array);
    const { key } = exchange;
    // Rows that are run for nobody come from no edit; rows that every replica keeps do, though only the first tells them.
    if (!run.rows.tells && step.cache?.everywhere !== true) {
      await send(key, undefined);
      return void values.set(exchange.back, value);
    }
    const own = step.edits.find((each) => each.key === key);
    const edit = own ?? (step.gradient?.edits.find((each) => each.key === key) as WireEdit);
    const point = variant.points.get(own ? edit.point : gradientAt(edit.point)) as HookPoint;
    const context = this.#context(point, value.shape);
    const isTold = run.rows.tells && this.#tells(point);
    const back = await handOut(value, edit, context, isTold, async (part) => {
      const answer = await send(key, part && this.#pack("handOut", key, part));
      return answer && (await takeParcel(answer)).get(key);
    });
    values.set(exchange.back, back);
  }

  /** Drops what was only fetched for a hook, and what this segment read last. */
  #forget({ segment, fetches, frees }: Turn): void {
    const { values } = this.#options;
    const kept = new Set(segment.outputs);
    for (const name of fetches) if (!kept.has(name)) values.delete(name);
    for (const name of frees) values.delete(name);
  }

  /** The part of a requested value that this rank answers for, or undefined when that is none of it. */
  #part({ point: name, slices }: PointRequest, point: HookPoint, value: Tensor): Tensor | undefined {
    const { variant, load, run } = this.#options;
    const result = variant.stage.results.find((each) => each.name === name);
    const tells = result === undefined || result.isTerm ? run.rows.tells : load.stage.data.rank === 0;
    if (!tells || !this.#tells(point)) return undefined;
    if (result !== undefined) return value;
    const { data, shape } = value;
    const dense = sliceDense({ data: data as Float32Array, shape }, slices, this.#context(point, shape));
    return dense && { dtype: "f32", ...dense };
  }

  /** Whether this rank tells its part of its replica's value; the first does for all where each has the whole. */
  #tells({ partition }: HookPoint): boolean {
    return partition.kind === "split" || this.#options.load.stage.tensor.rank === 0;
  }

  /** Throws when the part is not the one that the plan says. */
  #context(point: HookPoint, shape: readonly number[]): SliceContext {
    const { run } = this.#options;
    const held = heldParts(point, run);
    for (const { axis, size, start, whole } of held)
      if (shape[axis] !== size)
        throw new Error(
          `${point.name}: rank holds ${shape[axis]} of ${whole} along ${point.axes[axis]} from ${start} on, not ${size}`,
        );
    return { axes: point.axes, lengths: this.#lengths, held };
  }

  #pack(of: string, name: string, tensor: Tensor): ParcelDescriptor {
    const writer = this.#writer(of);
    try {
      writer.add(name, tensor);
      return writer.finish();
    } catch (error) {
      writer.discard();
      throw error;
    }
  }
}

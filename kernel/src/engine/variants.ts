import { createHash } from "node:crypto";
import type { HookPoint } from "../graph/point.js";
import { buildStage, hookPoints } from "../models/build.js";
import type { Model } from "../models/model.js";
import { overlay } from "../models/overlay.js";
import type { Segment, Stage } from "../models/stage.js";
import { additionsOf, stepStructure } from "./additions.js";
import type { Executable, Runtime } from "./runtime.js";
import type { ForwardStep, Load } from "./wire/messages.js";

/** A stage with some edits compiled in, ready to run. */
export interface Variant {
  readonly stage: Stage;
  /** One for each of the stage's segments. */
  readonly executables: readonly Executable[];
  readonly points: ReadonlyMap<string, HookPoint>;
}

/** Segments that no variant in use needs are released beyond this many. */
const mostSpare = 64;

/**
 * The stage of one rank, bare and with edits. Segments are known by their bytes, so an edit loads only the segments
 * that it changes; those not used for longest are released.
 */
export class Variants {
  readonly #load: Load;
  readonly #model: Model;
  readonly #runtime: Runtime;
  readonly #isNarrow: boolean;
  readonly #pinned = new Map<string, Executable>();
  readonly #spare = new Map<string, Executable>();
  readonly #stages = new Map<string, Stage>();
  #points: readonly HookPoint[] | undefined;

  constructor(load: Load, model: Model, runtime: Runtime) {
    this.#load = load;
    this.#model = model;
    this.#runtime = runtime;
    this.#isNarrow = [...model.parameters.values()].some(({ dtype }) => dtype !== "f32");
  }

  /** The stage without edits; its segments stay loaded. */
  async bare(onProgress: (loaded: number, total: number, segment: string) => void): Promise<Variant> {
    const stage = buildStage(this.#model, this.#load.stage);
    for (const [index, segment] of stage.segments.entries()) {
      onProgress(index, stage.segments.length, segment.name);
      this.#pinned.set(digest(segment), await this.#read(segment));
    }
    onProgress(stage.segments.length, stage.segments.length, "");
    return this.#variant(stage);
  }

  /**
   * The stage as a step needs it: its edits, weights, readout and gradient, without its skipped layers, a cache or none.
   * Throws one line when an edit does not fit its point.
   */
  async of(step: ForwardStep): Promise<Variant> {
    const structure = stepStructure(step);
    const stage = this.#stages.get(structure) ?? this.#build(step);
    this.#stages.delete(structure);
    this.#stages.set(structure, stage);
    const [oldest] = this.#stages.keys();
    if (this.#stages.size > mostSpare && oldest !== undefined) this.#stages.delete(oldest);
    return this.#variant(stage);
  }

  #build(step: ForwardStep): Stage {
    const { cache, skip = [], weights = [] } = step;
    this.#points ??= hookPoints(this.#model, this.#load.stage.tensor.size);
    const spec = { ...this.#load.stage, skip, cache: cache !== undefined };
    return buildStage(overlay(this.#model, weights), spec, additionsOf(step, this.#points));
  }

  async #variant(stage: Stage): Promise<Variant> {
    const executables: Executable[] = [];
    for (const segment of stage.segments) executables.push(await this.#executable(segment));
    await this.#release(new Set(executables));
    return { stage, executables, points: new Map(stage.points.map((point) => [point.name, point])) };
  }

  async #executable(segment: Segment): Promise<Executable> {
    const key = digest(segment);
    const pinned = this.#pinned.get(key);
    if (pinned !== undefined) return pinned;
    const executable = this.#spare.get(key) ?? (await this.#read(segment));
    this.#spare.delete(key);
    this.#spare.set(key, executable);
    return executable;
  }

  #read(segment: Segment): Promise<Executable> {
    const { threads, weights, spin, device } = this.#load;
    const { weightFolder, isOnHost } = segment;
    const isNarrow = this.#isNarrow;
    return this.#runtime.load(segment.model, {
      weightFolder,
      threads,
      weights,
      device: isOnHost ? "cpu" : device,
      spin,
      isNarrow,
    });
  }

  async #release(inUse: ReadonlySet<Executable>): Promise<void> {
    for (const [key, executable] of [...this.#spare]) {
      if (this.#spare.size <= mostSpare) return;
      if (inUse.has(executable)) continue;
      this.#spare.delete(key);
      await executable.release();
    }
  }
}

const digests = new WeakMap<Segment, string>();

/** Worked out once for each segment: generation asks for the same ones at every token. */
function digest(segment: Segment): string {
  const { model, isOnHost, weightFolder } = segment;
  const place = `${isOnHost} ${weightFolder}`;
  const known = digests.get(segment) ?? createHash("sha256").update(model).update(place).digest("hex");
  digests.set(segment, known);
  return known;
}

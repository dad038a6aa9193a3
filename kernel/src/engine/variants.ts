import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { HookPoint } from "../graph/point.js";
import { buildStage, hookPoints } from "../models/build.js";
import { refuseChanged } from "../models/checkpoint/fingerprint.js";
import type { Model } from "../models/model.js";
import { overlay } from "../models/overlay.js";
import type { Segment, Stage } from "../models/stage.js";
import { additionsOf, stepStructure } from "./additions.js";
import type { Executable, Runtime } from "./runtime/runtime.js";
import { SpareSegments } from "./spare.js";
import type { ForwardStep, Load } from "./wire/messages.js";

/** A stage with some edits compiled in, ready to run. */
export interface Variant {
  readonly stage: Stage;
  /** One for each of the stage's segments. */
  readonly executables: readonly Executable[];
  readonly points: ReadonlyMap<string, HookPoint>;
}

/** As many stages are known by their structure. */
const mostKnown = 64;

/**
 * The stage of one rank, bare and with edits. Segments are known by their contents, so an edit loads only the segments
 * that it changes; those not used for longest are released.
 */
export class Variants {
  readonly #load: Load;
  readonly #model: Model;
  readonly #runtime: Runtime;
  readonly #isNarrow: boolean;
  readonly #pinned = new Map<string, Executable>();
  readonly #spare: SpareSegments;
  readonly #stages = new Map<string, { readonly stage: Stage; readonly files: readonly string[] }>();
  /** Files of edited weights that were read and not seen to be gone. */
  readonly #files = new Set<string>();
  #points: readonly HookPoint[] | undefined;

  constructor(load: Load, model: Model, runtime: Runtime) {
    this.#load = load;
    this.#spare = new SpareSegments(load.spare);
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
    const files = step.weights?.map(({ file }) => file) ?? [];
    const known = this.#stages.get(structure) ?? { stage: this.#build(step), files };
    this.#stages.delete(structure);
    this.#stages.set(structure, known);
    const [oldest] = this.#stages.keys();
    if (this.#stages.size > mostKnown && oldest !== undefined) this.#stages.delete(oldest);
    for (const file of files) this.#files.add(file);
    return this.#variant(known.stage, files);
  }

  /**
   * Releases what was loaded for edits of weights that are over. Their files are removed then, and each edit has another, so
   * that nobody asks for it again. Not to be called while a step is under way.
   */
  async forgetOver(): Promise<void> {
    const over = [...this.#files].filter((file) => !existsSync(file));
    if (over.length === 0) return;
    for (const file of over) this.#files.delete(file);
    for (const [structure, { files }] of [...this.#stages])
      if (files.some((file) => over.includes(file))) this.#stages.delete(structure);
    await this.#spare.forget(over);
  }

  #build(step: ForwardStep): Stage {
    const { cache, skip = [], weights = [] } = step;
    this.#points ??= hookPoints(this.#model, this.#load.stage.tensor.size);
    const spec = { ...this.#load.stage, skip, cache: cache !== undefined };
    return buildStage(overlay(this.#model, weights), spec, additionsOf(step, this.#points));
  }

  async #variant(stage: Stage, files: readonly string[] = []): Promise<Variant> {
    const executables: Executable[] = [];
    for (const segment of stage.segments) executables.push(await this.#executable(segment, files));
    await this.#spare.trim(new Set(executables));
    return { stage, executables, points: new Map(stage.points.map((point) => [point.name, point])) };
  }

  async #executable(segment: Segment, files: readonly string[]): Promise<Executable> {
    const key = digest(segment);
    const pinned = this.#pinned.get(key);
    if (pinned !== undefined) return pinned;
    const known = this.#spare.use(key);
    if (known !== undefined) return known.executable;
    await refuseChanged(this.#model.checkpoint);
    const executable = await this.#read(segment);
    this.#spare.keep(key, {
      executable,
      files: files.filter((file) => Buffer.from(segment.model).includes(basename(file))),
      bytes: this.#bytes(segment),
    });
    return executable;
  }

  /** What a segment holds of weights: on this host those that are mapped are shared with all that map them. */
  #bytes({ weightBytes }: Segment): number {
    const { weights, device } = this.#load;
    return device === "cpu" && weights === "map" ? 0 : weightBytes;
  }

  #read(segment: Segment): Promise<Executable> {
    const { weights, device } = this.#load;
    const { weightFolder, isOnHost } = segment;
    const isNarrow = this.#isNarrow;
    return this.#runtime.load(segment.model, {
      weightFolder,
      weights,
      device: isOnHost ? "cpu" : device,
      isNarrow,
    });
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

import type { RankReport } from "../engine/fleet.js";
import type { Displayable } from "../display/index.js";
import type { AxisShards } from "../display/payload/index.js";
import type { Axis, HookPoint } from "../graph/point.js";
import type { Tensor } from "../graph/tensor.js";
import type { Hook } from "../hooks/hook.js";
import type { HookChoice } from "../hooks/lastingHook.js";
import type { Provenance } from "../display/payload/provenance.js";
import type { Quantisation } from "../models/quantise/quantised.js";
import type { SelectedPositions } from "../models/inputs.js";
import type { Token } from "../models/tokenizer/index.js";
import type { Prefix } from "./prefix.js";
import type { ReadoutOptions } from "./readout.js";

export type { Token };

/** How many ranks along each direction; their product is the number of worker processes. */
export interface MeshRequest {
  readonly pipeline?: number;
  /** Replicas of the model, each of which runs its share of the rows of a batch. Default 1. */
  readonly data?: number;
  readonly tensor?: number;
}

/** How a session is opened. What is left out is planned, from the model and the machine. */
export interface OpenOptions {
  /** Session name; default: made from the model's name. The same name and model finds a live session again. */
  readonly name?: string;
  /**
   * `4`, or a list such as `["cpu", "cpu"]`, `["webgpu"]`, `["webgpu:0", "webgpu:1"]`, `["cuda:0", "cuda:1"]`. Default: one CPU process.
   * `webgpu` is the adapter that the system prefers; its numbers, on Linux, are those that `vitrail doctor` lists.
   */
  readonly devices?: number | readonly string[];
  readonly mesh?: MeshRequest;
  /** `pack` copies weights into the fastest layout, `map` shares the file's pages. Default: chosen by free memory, and said. */
  readonly weights?: "pack" | "map";
  /**
   * `int8` holds the linear weights of the decoder layers in a byte each, with one float32 scale for each output channel:
   * a quarter of their memory, for rounding and some time. Default: as they are published. Only on CPUs, and mapped.
   */
  readonly quantise?: Quantisation;
  /** Threads per worker. Default: what `OMP_NUM_THREADS` says, else the cores, which replicas and tensor ranks share. */
  readonly threads?: number;
  /** Collectives between tensor ranks and between replicas: shared memory, or sockets where that cannot be had. Default: `auto`. */
  readonly collectives?: "auto" | "sharedMemory" | "socket";
  /** Minutes without any client after which the session ends itself. Default 60. */
  readonly idleMinutes?: number;
  /** Hub revision (branch, tag or commit) when `model` is a hub id. */
  readonly revision?: string;
  /** Say nothing while opening. */
  readonly quiet?: boolean;
}

export type { Hook };

/** What a forward pass does beside computing, and which of its values come back. */
export interface ForwardOptions extends HookChoice {
  /**
   * Positions whose logits are computed. Default `all`; `last` is each row's last real token; or a list for each row, all of
   * one length. In what goes on `after` a prefix positions are counted in the rows.
   */
  readonly logits?: SelectedPositions;
  /** A layer, such as `layers.5`, or a hook point, behind which nothing runs: there are no logits. */
  readonly stopAfter?: string;
  /** Values computed on the workers, of which only the results come back. */
  readonly readout?: ReadoutOptions;
  /**
   * A beginning that every row goes on from, as if its tokens stood before the row's. Hooks act on the rows alone, and
   * positions are counted in them; axes of keys run over the prefix first.
   */
  readonly after?: Prefix;
  readonly signal?: AbortSignal;
}

/** Text, texts, token ids, or rows of token ids. */
export type Input = string | readonly string[] | readonly number[] | readonly (readonly number[])[];

/** A captured hook point: whole, after the selector's slicing. As a cell's last value it shows as `tensor` shows it. */
export interface Captured extends Tensor {
  /** Name under which the run holds it. */
  readonly name: string;
  /** What each axis of the shape counts. */
  readonly axes: readonly Axis[];
  /** Which ranks held which entries; empty where every rank that knew the point held all of it. */
  readonly shards: readonly AxisShards[];
  /**
   * How many entries of each row are tokens, by the axis along which they lie: those after them are padding, and count in no
   * statistic. Undefined where it is not known, as of keys of earlier passes.
   */
  readonly lengths: Readonly<Record<string, readonly number[]>> | undefined;
  /** Of the run. */
  readonly provenance: Provenance;
  readonly dtype: "f32";
  readonly data: Float32Array;
  readonly point: HookPoint;
  /** The selector that asked for it. */
  readonly selector: string;
  /** Which heads of the model these are, where the selector chose some; undefined where it is all of them, or none. */
  readonly heads: readonly number[] | undefined;
}

/** What a forward pass gave: every value whole, however the mesh shared it. As a cell's last value it shows as a table. */
export interface Run {
  /** Tokens of each row, without padding; rows are padded on the right to the longest. */
  readonly tokens: readonly (readonly Token[])[];
  /** [batch, position, token], of the positions that were asked for; undefined with `logits: "none"`. */
  readonly logits: (Tensor & { readonly data: Float32Array }) | undefined;
  /**
   * In forward order, keyed by canonical point name; a value before its edits by `NAME@before`. Where a call captures several
   * parts of a point, the whole has the name and others their entries behind it, `NAME[head=1]`; a part that only lasting
   * hooks ask for takes no name from the call's own.
   */
  readonly captures: ReadonlyMap<string, Captured>;
  /** What `readout` returned, by name. */
  readonly readout: ReadonlyMap<string, Tensor & { readonly data: Float32Array }>;
  /** The capture of this name or module path, with or without the entries that were chosen; error names the nearest captured point. */
  get(name: string): Captured;
  readonly provenance: Provenance;
}

/** One worker as its fleet reports it. */
export type RankStatus = RankReport;

/** A live session as `Session.list()` tells it. */
export interface SessionSummary {
  readonly name: string;
  readonly model: string;
  readonly fingerprint: string;
  readonly mesh: string;
  /** How linear weights are held, where it is not as they are published. */
  readonly quantise?: Quantisation | undefined;
  readonly pid: number;
  readonly clients: number;
  readonly openedAt: string;
}

/** A live session and its workers, as `session.status()` tells them. */
export interface SessionStatus extends SessionSummary {
  readonly state: "loading" | "ready" | "busy" | "failed";
  readonly ranks: readonly RankStatus[];
  /** Weight bytes on disk (as they are held, where they are quantised), and bytes resident over all workers. */
  readonly weightBytes: number;
  readonly residentBytes: number;
}

/** What a forward pass with these hooks would bring back. */
export interface Estimate {
  readonly points: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly bytes: number;
  }[];
  readonly bytes: number;
}

/** One hook point as `session.hookPoints()` lists it. */
export interface PointRow {
  readonly name: string;
  /** Hugging Face module paths of which it is the output, or with `.input` the input. */
  readonly aliases: readonly string[];
  /** Printed, with `batch` and `position` symbolic. */
  readonly shape: string;
  /** How the ranks of a stage hold it: `whole`, or `split by head`. */
  readonly partition: string;
  readonly stage: number;
  readonly ranks: readonly number[];
}

/** Hook points as rows; shows as a tree with the live hooks, in notebooks and in the console. */
export type PointTable = readonly PointRow[] & Displayable;

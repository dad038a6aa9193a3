import type { RankGroup } from "../graph/graph.js";
import type { Size } from "../graph/leaving.js";
import type { HookPoint, Shard } from "../graph/point.js";

/** The part of a model that one rank runs. */
export interface StageSpec {
  /** Decoder layers [from, to). */
  readonly layers: { readonly from: number; readonly to: number };
  /** Whether this stage turns tokens into the first residual. */
  readonly embeds: boolean;
  /** Whether this stage turns the last residual into logits. */
  readonly unembeds: boolean;
  readonly tensor: Shard;
  /** Which replica it belongs to; the only one when left out. */
  readonly data?: Shard;
  /** Layers that are left out: their residual goes on, and they have no hook points. */
  readonly skip?: readonly number[];
  /** Whether keys and values of earlier tokens are fed, and those of all tokens handed out, for generation. */
  readonly cache?: boolean;
}

/**
 * Keys and values of one layer [batch, head, position, unit] of this rank's heads: fed as `past` and, of the tokens behind
 * those, as `recent`; handed out as `present`, which is the recent ones and the new ones.
 */
export interface LayerCache {
  readonly layer: number;
  readonly past: { readonly keys: string; readonly values: string };
  readonly recent: { readonly keys: string; readonly values: string };
  readonly present: { readonly keys: string; readonly values: string };
  /** Shape of an empty past but for the batch: this rank's key/value heads, no position, units of a head. */
  readonly empty: readonly [number, 0, number];
}

/**
 * What must happen to the output `value` of a segment before the next segment runs: the ranks of a group add up their
 * parts of it, or it leaves the ranks and what the host edit `key` makes of it is read as `back`.
 */
export type Exchange =
  | { readonly kind: "sum"; readonly value: string; readonly over: RankGroup }
  | { readonly kind: "handOut"; readonly value: string; readonly key: string; readonly back: string };

/** One onnxruntime session's worth of a stage. */
export interface Segment {
  /** `embed`, `layers.3`, `layers.3.attention`, `layers.3.mlp`, `head`. */
  readonly name: string;
  /** ONNX ModelProto; weights are external data relative to `weightFolder`. */
  readonly model: Uint8Array;
  /** Folder that external data paths are relative to. */
  readonly weightFolder: string;
  /** Bytes that its weights take as float32, where they are not used as they lie in the files; tables that are looked up are. */
  readonly weightBytes: number;
  /** Whether it runs on the CPU whatever the device. */
  readonly isOnHost: boolean;
  /** Whether it computes gradients, and so waits for those at what the stage handed out. */
  readonly isBackward: boolean;
  /** Values it reads, by name: stage inputs or outputs of earlier segments. */
  readonly inputs: readonly string[];
  /** Values that later segments (or the next stage) read. */
  readonly outputs: readonly string[];
  /**
   * How what can be fetched of it leaves: under a name of its own, that of a matrix with the same numbers where it has
   * another; and its shape, where that is known before it runs.
   */
  readonly leaving: ReadonlyMap<string, { readonly as: string; readonly shape: readonly Size[] | undefined }>;
  /** Hook points this segment can be asked for: canonical name → name of an output or input. */
  readonly points: ReadonlyMap<string, string>;
  /** Done after the segment ran, before a later one does. */
  readonly exchange: Exchange | undefined;
}

/** What a stage hands out: the value called `name` here is the input `as` of another. */
export interface Output {
  readonly name: string;
  readonly as: string;
}

/** Something that is computed for its own sake; it is no hook point of the model. */
export interface Result {
  readonly name: string;
  /** Whether each replica has a term of it, from its rows, which must be added up; else all have the same. */
  readonly isTerm: boolean;
}

/** A stage compiled to segments that run one after another. */
export interface Stage {
  readonly segments: readonly Segment[];
  /**
   * Fed from outside: `tokens` (embedding stage) or `residual`; always `positions`, `mask`; `select` (unembedding
   * stage); what its edits, readout and gradient need.
   */
  readonly inputs: readonly string[];
  /** Carried to other stages: `residual` and what a readout reads to later ones, gradients at them to earlier ones. */
  readonly outputs: readonly Output[];
  /** The stage's layers when it was built with a cache; else none. */
  readonly caches: readonly LayerCache[];
  /** Points in forward order, with shapes and partitions as this rank holds them described by `HookPoint`. */
  readonly points: readonly HookPoint[];
  /** What is always handed out under its name: what a readout returns, gradients of weights and of trained modules. */
  readonly results: readonly Result[];
  /** Points whose value is the residual that the stage is fed, in forward order. */
  readonly entry: readonly string[];
  /** Weights that it holds, or rows of them, by Hugging Face name. */
  readonly parameters: readonly string[];
}

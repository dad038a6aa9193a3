import type { DType } from "../../graph/dtype.js";

/** Any JSON object, as read from a file of the checkpoint. */
export type JsonObject = { readonly [key: string]: unknown };

/** Where one tensor's bytes lie, contiguous and row-major, in a file of the checkpoint. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Absolute path with symbolic links resolved (onnxruntime refuses links that leave the model's folder). */
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
  /** Of an int8 tensor that was quantised: what its values are multiplied with. */
  readonly scales?: Scales | undefined;
}

/** Scales of a quantised tensor, one for each entry of its axis `axis`: the float32 that lie there, divided by `over`. */
export interface Scales {
  readonly axis: 0 | 1;
  readonly over: number;
  readonly file: string;
  readonly offset: number;
  readonly bytes: number;
}

/** A Hugging Face model folder, read and checked; weights are only located, never loaded. */
export interface Checkpoint {
  readonly folder: string;
  readonly config: JsonObject;
  readonly generationConfig: JsonObject | undefined;
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly format: "safetensors" | "pytorch";
  /** Hex fingerprint of config, tensor table and sampled weight bytes; equal folders have equal fingerprints. */
  readonly fingerprint: string;
  /** Hex sha256 of where the files of weights lie and when they were written; see `fileStamp`. */
  readonly stamp: string;
}

import type { Value } from "../graph/value.js";
import type { Buffers } from "./buffers.js";
import type { JsonObject } from "./checkpoint/checkpoint.js";
import type { Trace } from "./trace.js";

/** Sizes of a model. */
export interface Dimensions {
  readonly layers: number;
  /** Units of the residual stream. */
  readonly hidden: number;
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Units of one head. */
  readonly headSize: number;
  /** Units of the MLP's hidden layer. */
  readonly inner: number;
  readonly vocabulary: number;
  /** Longest input, in tokens. */
  readonly maxPositions: number;
}

/** Values that every layer of a stage can read. */
export interface Context {
  /** [batch, position] int64: 0, 1, 2, … along each row. */
  readonly positions: Value;
  /** [batch, 1, position, position], added to attention scores. */
  readonly mask: Value;
}

/** One model's equations, its config read: three functions over graph values. */
export interface Blueprint {
  readonly dimensions: Dimensions;
  /** Prefix of the base model's parameters, which some published files leave out. */
  readonly basePrefix: string;
  /** Tensors that published files may hold and the equations do not need, such as a tied head. */
  readonly ignorable: readonly RegExp[];
  /** What transformers calls buffers; files may hold them, with the base model's prefix or without. */
  readonly buffers?: Buffers;
  /** Names that a parameter had in older files. */
  readonly formerNames?: Readonly<Record<string, string>>;
  /** Names of weights that are another's: transformers knows both, the files hold one. */
  readonly tied?: Readonly<Record<string, string>>;
  /** Computes what all layers share from the positions [batch, position]; runs on the host, in float32. */
  readonly prepare?: (t: Trace, positions: Value) => void;
  /** tokens [batch, position] → the first residual [batch, position, unit]. */
  readonly embed: (t: Trace, tokens: Value, positions: Value) => Value;
  /** Residual in → residual out of decoder layer `index`. */
  readonly layer: (t: Trace, index: number, residual: Value, context: Context) => Value;
  /** Last residual [batch, n, unit] and the positions [batch, m] of it to read, by default all → logits [batch, m, token]. */
  readonly unembed: (t: Trace, residual: Value, select?: Value) => Value;
  /** Canonical points that this architecture does not have, why, and behind a colon which are there instead. */
  readonly absent: Readonly<Record<string, string>>;
}

/** A family of models: the `model_type`s it reads, and how. */
export interface Architecture {
  readonly family: string;
  readonly modelTypes: readonly string[];
  /** Throws one line naming the field when the config asks for what is not supported. */
  readonly read: (config: JsonObject) => Blueprint;
}

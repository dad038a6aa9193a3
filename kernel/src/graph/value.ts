import type { DType } from "./dtype.js";
import type { Graph, Origin } from "./graph.js";
import type { Shape } from "./shape.js";
import { dequantise } from "./dequantise.js";
import * as elementwise from "./elementwise.js";
import * as layout from "./layout.js";
import * as linear from "./linear.js";
import * as lookup from "./lookup.js";
import * as normalise from "./normalise.js";
import { reduce, top } from "./reduce.js";

/** A number or a value: operators turn a number into a constant. */
export type Operand = Value | number;

/**
 * A tensor that a graph will compute. Operators check and infer shapes while the graph is written and throw
 * `ShapeError` with both shapes when they do not fit.
 */
export class Value {
  constructor(
    readonly graph: Graph,
    readonly name: string,
    readonly dtype: DType,
    readonly shape: Shape,
    readonly origin: Origin,
  ) {}

  /** Sum, broadcast as NumPy does. */
  add(other: Operand): Value {
    return elementwise.binary("Add", this, other);
  }
  /** Difference, broadcast as NumPy does. */
  sub(other: Operand): Value {
    return elementwise.binary("Sub", this, other);
  }
  /** Product of entries, broadcast as NumPy does; of matrices see `matmul`. */
  mul(other: Operand): Value {
    return elementwise.binary("Mul", this, other);
  }
  /** Quotient, broadcast as NumPy does. */
  div(other: Operand): Value {
    return elementwise.binary("Div", this, other);
  }
  /** −x */
  neg(): Value {
    return elementwise.unary("Neg", this);
  }
  /** eˣ */
  exp(): Value {
    return elementwise.unary("Exp", this);
  }
  /** Natural logarithm. */
  log(): Value {
    return elementwise.unary("Log", this);
  }
  /** Hyperbolic tangent. */
  tanh(): Value {
    return elementwise.unary("Tanh", this);
  }
  /** Error function, 2/√π ∫₀ˣ exp(−t²) dt. */
  erf(): Value {
    return elementwise.unary("Erf", this);
  }
  /** |x| */
  abs(): Value {
    return elementwise.unary("Abs", this);
  }
  /** √x */
  sqrt(): Value {
    return elementwise.unary("Sqrt", this);
  }
  /** Cosine of radians. */
  cos(): Value {
    return elementwise.unary("Cos", this);
  }
  /** Sine of radians. */
  sin(): Value {
    return elementwise.unary("Sin", this);
  }
  /** max(x, 0) */
  relu(): Value {
    return elementwise.unary("Relu", this);
  }
  /** 1 / (1 + e⁻ˣ) */
  sigmoid(): Value {
    return elementwise.unary("Sigmoid", this);
  }
  /** x · σ(x) (Elfwing et al. 2017). */
  silu(): Value {
    return this.mul(this.sigmoid());
  }
  /** x · Φ(x), or its tanh approximation (Hendrycks & Gimpel 2016). */
  gelu(approximate: "none" | "tanh" = "none"): Value {
    return elementwise.gelu(this, approximate);
  }
  /** This value where `condition` (bool, broadcast) holds, `other` elsewhere. */
  where(condition: Value, other: Value): Value {
    return elementwise.where(condition, this, other);
  }
  /** Whether each entry is above a number; bool. */
  above(threshold: number): Value {
    return elementwise.above(this, threshold);
  }
  /** The same numbers in another element type, rounded to it. */
  cast(dtype: DType): Value {
    return elementwise.cast(this, dtype);
  }
  /** These int8 values in float32, each times the scale of its entry of `axis`; scales are [size of that axis]. */
  dequantise(scales: Value, axis: number): Value {
    return dequantise(this, scales, axis);
  }

  /** Batched matrix product [.., m, k] · [.., k, n]. */
  matmul(other: Value): Value {
    return linear.matmul(this, other);
  }
  /** x · wᵀ + b for a PyTorch `Linear` weight [out, in]; x is [.., in]. */
  linear(weight: Value, bias?: Value): Value {
    return linear.linear(this, weight, bias, true);
  }
  /** x · w + b for a GPT-2 `Conv1D` weight [in, out]; x is [.., in]. */
  affine(weight: Value, bias?: Value): Value {
    return linear.linear(this, weight, bias, false);
  }

  /** Sum over `axes`, which stay with size one when `keep`. */
  sum(axes: readonly number[], keep = false): Value {
    return reduce("ReduceSum", this, axes, keep);
  }
  /** Mean over `axes`, which stay with size one when `keep`. */
  mean(axes: readonly number[], keep = false): Value {
    return reduce("ReduceMean", this, axes, keep);
  }

  /** The `k` largest entries along the last axis, largest first, and where they stand (int64). Has no derivative. */
  top(k: number): { readonly values: Value; readonly indices: Value } {
    return top(this, k);
  }

  /** log(eˣ / Σ eˣ) along an axis, computed so that it does not overflow. */
  logSoftmax(axis = -1): Value {
    return normalise.logSoftmax(this, axis);
  }
  /** eˣ / Σ eˣ along an axis. */
  softmax(axis = -1): Value {
    return normalise.softmax(this, axis);
  }
  /** Layer normalisation over the last axis (Ba et al. 2016); scale and shift are [unit]. */
  layerNorm(scale: Value | undefined, shift: Value | undefined, epsilon: number): Value {
    return normalise.layerNorm(this, scale, shift, epsilon);
  }
  /** x / √(mean x² + ε) · scale over the last axis (Zhang & Sennrich 2019). */
  rmsNorm(scale: Value, epsilon: number): Value {
    return normalise.rmsNorm(this, scale, epsilon);
  }

  /** The axes in another order: axis `axes[i]` becomes axis i. */
  transpose(...axes: number[]): Value {
    return layout.transpose(this, axes);
  }
  /** The same entries, row-major, in another shape. A symbolic size must stay or be the only one that moves. */
  reshape(...shape: (number | string)[]): Value {
    return layout.reshape(this, shape);
  }
  /** With an axis of size one put in before `axis`. */
  unsqueeze(axis: number): Value {
    return layout.unsqueeze(this, axis);
  }
  /** An axis of size one repeated to `size`. */
  expand(axis: number, size: number): Value {
    return layout.expand(this, axis, size);
  }
  /** Entries [from, to) of an axis of known size. */
  slice(axis: number, from: number, to: number): Value {
    return layout.slice(this, axis, from, to);
  }
  /** Parts of an axis, one after another, of these sizes. */
  split(axis: number, sizes: readonly number[]): Value[] {
    return layout.split(this, axis, sizes);
  }
  /** Parts of an axis, one after another, each as long as axis `at` of one of `likes`, whose sizes may be symbolic. */
  splitLike(axis: number, likes: readonly Value[], at: number): Value[] {
    return layout.splitLike(this, axis, likes, at);
  }
  /** Zeros of this shape. */
  zeros(): Value {
    return layout.zerosLike(this);
  }
  /** Rows of this table [rows, ..] at `indices`. */
  gather(indices: Value): Value {
    return lookup.gather(this, indices);
  }
  /** Row i of this table [rows, ..] for entry i of an axis of `like`, [size of that axis, ..]; behind its last row that row again. */
  along(like: Value, axis: number): Value {
    return lookup.along(this, like, axis);
  }
  /** [batch, position, ..] at `indices` [batch, n] → [batch, n, ..]. */
  gatherPositions(indices: Value): Value {
    return lookup.gatherPositions(this, indices);
  }
  /** Along the last axis, the entries at `indices`, which has this shape but for its last size. */
  pick(indices: Value): Value {
    return lookup.pick(this, indices);
  }
}

/** Join values along an axis; all other sizes must agree. */
export function concat(values: readonly Value[], axis: number): Value {
  return layout.concat(values, axis);
}

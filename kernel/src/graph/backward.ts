import type { Node } from "./graph.js";
import type { Shape } from "./shape.js";
import type { Value } from "./value.js";

/**
 * The vector-Jacobian product of one operator: given the cotangent of each output (undefined where nothing
 * depends on it), the cotangent of each input (undefined where none exists, such as for indices).
 */
export type Backward = (node: Node, cotangents: readonly (Value | undefined)[]) => (Value | undefined)[];

/** The cotangent of an operator's only output, and its inputs. */
export function single(
  rule: (dy: Value, inputs: readonly Value[], node: Node) => (Value | undefined)[],
): Backward {
  return (node, [dy]) => rule(dy!, node.inputs as readonly Value[], node);
}

/** Undo broadcasting: sum `dy` over every axis along which `shape` was repeated. */
export function sumTo(dy: Value, shape: Shape): Value {
  const extra = dy.shape.length - shape.length;
  const leading = Array.from({ length: extra }, (_, i) => i);
  const repeated = shape.flatMap((d, i) => (d === 1 && dy.shape[i + extra] !== 1 ? [i + extra] : []));
  const kept = repeated.length === 0 ? dy : dy.sum(repeated, true);
  return extra === 0 ? kept : kept.sum(leading, false);
}

/** Reshape to the shape that `like` has at run time. */
export function reshapeLike(x: Value, like: Value): Value {
  const sizes = like.graph.apply("Shape", [like], "i64", [like.shape.length]);
  return x.graph.apply("Reshape", [x, sizes], x.dtype, like.shape);
}

import type { Graph, Node } from "./graph.js";
import type { Shape } from "./shape.js";
import { concat } from "./value.js";
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

/** A zero in a shape that is known at run time is a size, of no positions say, and does not mean that the input's is kept. */
export const asSizes = { allowzero: { kind: "int", value: 1 } } as const;

/** Reshape to the shape that `like` has at run time. */
export function reshapeLike(x: Value, like: Value): Value {
  return x.graph.apply("Reshape", [x, reshapeTarget(like)], x.dtype, like.shape, asSizes);
}

function reshapeTarget(like: Value): Value {
  const symbols = like.shape.filter((size) => typeof size === "string");
  if (symbols.length > 1) return sizesOf(like);
  return like.graph.integers(like.shape.map((size) => (typeof size === "number" ? size : -1)));
}

/**
 * The sizes that a value has at run time; i64 [axes]. Taken from the graph's inputs where their axes say it all, so
 * that going backward does not need the value itself.
 */
export function sizesOf(x: Value): Value {
  const { graph, shape } = x;
  const sources = shape.map((size) => (typeof size === "number" ? size : sizedBy(graph, size)));
  if (!sources.every((source) => source !== undefined))
    return graph.apply("Shape", [x], "i64", [shape.length]);
  if (sources.every((source) => typeof source === "number")) return graph.integers(sources);
  return graph.keep(`sizes ${shape.join(" ")}`, () => {
    const parts = sources.map((source) => (typeof source === "number" ? graph.integers([source]) : source()));
    return parts.length === 1 ? parts[0]! : concat(parts, 0);
  });
}

/** Zeros of the shape of a forward value, without reading it. */
export function zerosOf(x: Value): Value {
  return x.graph.apply("ConstantOfShape", [sizesOf(x)], "f32", x.shape);
}

/** Reads a symbol's size off a graph input that has it as an axis. */
function sizedBy(graph: Graph, symbol: string): (() => Value) | undefined {
  const input = graph.inputs.find(({ shape }) => shape.includes(symbol));
  if (input === undefined) return undefined;
  const start = input.shape.indexOf(symbol);
  const at = { start: { kind: "int", value: start }, end: { kind: "int", value: start + 1 } } as const;
  return () => graph.keep(`size ${symbol}`, () => graph.apply("Shape", [input], "i64", [1], at));
}

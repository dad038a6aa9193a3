import type { Backward } from "./backward.js";
import { reshapeLike, single, sumTo, zerosOf } from "./backward.js";
import type { Node } from "./graph.js";
import type { Dim, Shape } from "./shape.js";
import { normalAxis, ShapeError } from "./shape.js";
import type { Value } from "./value.js";

export function transpose(x: Value, axes: readonly number[]): Value {
  if (axes.length !== x.shape.length || new Set(axes).size !== axes.length) {
    throw new ShapeError("transpose", [x.shape], `[${axes.join(", ")}] is no order of its axes`);
  }
  const shape = axes.map((axis) => x.shape[normalAxis("transpose", x.shape, axis)]!);
  return x.graph.apply("Transpose", [x], x.dtype, shape, { perm: { kind: "ints", value: axes } });
}

/** A symbol must stay on its axis, or be the only size that follows from the others. */
export function reshape(x: Value, shape: Shape): Value {
  const known = (s: Shape) => s.reduce<number>((p, d) => (typeof d === "number" ? p * d : p), 1);
  const symbols = (s: Shape) => s.filter((d) => typeof d === "string").sort();
  if (known(x.shape) !== known(shape) || symbols(x.shape).join() !== symbols(shape).join()) {
    throw new ShapeError("reshape", [x.shape, shape], "they hold different numbers of elements");
  }
  const moved = shape.filter((d, i) => typeof d === "string" && x.shape[i] !== d);
  if (moved.length > 1) {
    throw new ShapeError("reshape", [x.shape, shape], `${moved.join(" and ")} cannot move axis together`);
  }
  const target = shape.map((d, i) => (typeof d === "number" ? d : x.shape[i] === d ? 0 : -1));
  return x.graph.apply("Reshape", [x, x.graph.integers(target)], x.dtype, shape);
}

export function unsqueeze(x: Value, axis: number): Value {
  const shape: Dim[] = [...x.shape];
  if (axis < 0 || axis > shape.length)
    throw new ShapeError("unsqueeze", [x.shape], `axis ${axis} is out of range`);
  shape.splice(axis, 0, 1);
  return x.graph.apply("Unsqueeze", [x, x.graph.integers([axis])], x.dtype, shape);
}

export function expand(x: Value, axis: number, size: number): Value {
  const at = normalAxis("expand", x.shape, axis);
  if (x.shape[at] !== 1)
    throw new ShapeError("expand", [x.shape], `axis ${axis} has size ${x.shape[at]}, not 1`);
  const target = x.shape.map((_, i) => (i === at ? size : 1));
  const shape = x.shape.map((d, i) => (i === at ? size : d));
  return x.graph.apply("Expand", [x, x.graph.integers(target)], x.dtype, shape);
}

export function slice(x: Value, axis: number, from: number, to: number): Value {
  const at = normalAxis("slice", x.shape, axis);
  const size = x.shape[at];
  if (typeof size !== "number" || from < 0 || to > size || from >= to) {
    throw new ShapeError("slice", [x.shape], `${from} to ${to} of axis ${axis} is out of range`);
  }
  const i = (n: number) => x.graph.integers([n]);
  const shape = x.shape.map((d, j) => (j === at ? to - from : d));
  return x.graph.apply("Slice", [x, i(from), i(to), i(at)], x.dtype, shape);
}

export function split(x: Value, axis: number, sizes: readonly number[]): Value[] {
  const at = normalAxis("split", x.shape, axis);
  const total = sizes.reduce((a, b) => a + b, 0);
  if (x.shape[at] !== total)
    throw new ShapeError("split", [x.shape], `sizes ${sizes.join(" + ")} are not its ${x.shape[at]}`);
  const outputs = sizes.map((size) => ({
    dtype: x.dtype,
    shape: x.shape.map((d, j) => (j === at ? size : d)),
  }));
  return x.graph.node("Split", [x, x.graph.integers(sizes)], outputs, { axis: { kind: "int", value: at } });
}

export function splitLike(x: Value, axis: number, likes: readonly Value[], at: number): Value[] {
  const along = normalAxis("split", x.shape, axis);
  const sizes = likes.map((like) => like.shape[at]!);
  if (joinedSize(sizes) !== x.shape[along])
    throw new ShapeError("split", [x.shape, sizes], "the parts are not its axis");
  const { graph } = x;
  const ends = { start: { kind: "int", value: at }, end: { kind: "int", value: at + 1 } } as const;
  const counts = graph.keep(`counts ${sizes.join(", ")}`, () =>
    concat(
      likes.map((like) => graph.apply("Shape", [like], "i64", [1], ends)),
      0,
    ),
  );
  const outputs = sizes.map((size) => ({
    dtype: x.dtype,
    shape: x.shape.map((d, j) => (j === along ? size : d)),
  }));
  return graph.node("Split", [x, counts], outputs, { axis: { kind: "int", value: along } });
}

/** Size of an axis that parts of these sizes make up. */
function joinedSize(sizes: readonly Dim[]): Dim {
  return sizes.every((size) => typeof size === "number")
    ? sizes.reduce<number>((a, b) => a + (b as number), 0)
    : sizes.join("+");
}

export function concat(values: readonly Value[], axis: number): Value {
  const [first, ...rest] = values;
  if (!first) throw new Error("concat of no values");
  const at = normalAxis("concat", first.shape, axis);
  for (const other of rest) {
    const fits =
      other.shape.length === first.shape.length &&
      other.shape.every((d, i) => i === at || d === first.shape[i]);
    if (!fits) throw new ShapeError("concat", [first.shape, other.shape], `they differ outside axis ${at}`);
  }
  const sizes = values.map((v) => v.shape[at]!);
  const shape = first.shape.map((d, i) => (i === at ? joinedSize(sizes) : d));
  return first.graph.apply("Concat", values, first.dtype, shape, { axis: { kind: "int", value: at } });
}

export function zerosLike(x: Value): Value {
  const sizes = x.graph.apply("Shape", [x], "i64", [x.shape.length]);
  return x.graph.apply("ConstantOfShape", [sizes], "f32", x.shape);
}

function intAttribute(node: Node, name: string): number {
  const attribute = node.attributes[name];
  if (attribute?.kind !== "int") throw new Error(`${node.op} has no attribute "${name}"`);
  return attribute.value;
}

export const backward: Readonly<Record<string, Backward>> = {
  Reshape: single((dy, [x]) => [reshapeLike(dy, x!), undefined]),
  Unsqueeze: single((dy, [x]) => [reshapeLike(dy, x!), undefined]),
  Expand: single((dy, [x]) => [sumTo(dy, x!.shape), undefined]),
  Transpose: single((dy, _, node) => {
    const { perm } = node.attributes;
    const order = perm?.kind === "ints" ? perm.value : [];
    return [dy.transpose(...order.map((_, axis) => order.indexOf(axis)))];
  }),
  // Where nothing was taken the cotangent is zero, also where x is infinite.
  Slice: single((dy, [x, from, , axis]) => {
    const at = constant(axis!);
    const start = constant(from!);
    const size = x!.shape[at] as number;
    const taken = dy.shape[at] as number;
    const sizes = [start, taken, size - start - taken].filter((n) => n > 0);
    if (sizes.length === 1) return [dy, undefined, undefined, undefined];
    const parts: Value[] = [];
    const zeros = zerosOf(x!);
    if (start > 0) parts.push(slice(zeros, at, 0, start));
    parts.push(dy);
    if (start + taken < size) parts.push(slice(zeros, at, start + taken, size));
    return [concat(parts, at), undefined, undefined, undefined];
  }),
  Split: (node, dys) => {
    const at = intAttribute(node, "axis");
    return [
      concat(
        node.outputs.map((output, i) => dys[i] ?? zerosOf(output)),
        at,
      ),
      undefined,
    ];
  },
  Concat: single((dy, inputs, node) => {
    const at = normalAxis("concat", dy.shape, intAttribute(node, "axis"));
    return split(
      dy,
      at,
      inputs.map((input) => input.shape[at] as number),
    );
  }),
};

/** The number in a one-element integer constant. */
function constant(value: Value): number {
  if (value.origin.kind !== "constant") throw new Error(`"${value.name}" is not a constant`);
  return Number(new BigInt64Array(value.origin.bytes.slice().buffer)[0]);
}

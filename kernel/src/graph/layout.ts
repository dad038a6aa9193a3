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

export function gather(table: Value, indices: Value): Value {
  if (indices.dtype !== "i64") throw new Error(`gather with ${indices.dtype} indices: cast them to i64`);
  const shape = [...indices.shape, ...table.shape.slice(1)];
  return table.graph.apply("Gather", [table, indices], table.dtype, shape, {
    axis: { kind: "int", value: 0 },
  });
}

export function gatherPositions(x: Value, indices: Value): Value {
  if (indices.dtype !== "i64" || indices.shape.length !== 2 || indices.shape[0] !== x.shape[0]) {
    throw new ShapeError("gather positions", [x.shape, indices.shape], "indices must be i64 [batch, n]");
  }
  const shape = [x.shape[0]!, indices.shape[1]!, ...x.shape.slice(2)];
  return x.graph.apply("GatherND", [x, unsqueeze(indices, 2)], x.dtype, shape, {
    batch_dims: { kind: "int", value: 1 },
  });
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
  const joined: Dim = sizes.every((d) => typeof d === "number")
    ? sizes.reduce<number>((a, b) => a + (b as number), 0)
    : sizes.join("+");
  const shape = first.shape.map((d, i) => (i === at ? joined : d));
  return first.graph.apply("Concat", values, first.dtype, shape, { axis: { kind: "int", value: at } });
}

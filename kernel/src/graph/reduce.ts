import type { Backward } from "./backward.js";
import { single, sizesOf } from "./backward.js";
import type { Attribute } from "./graph.js";
import { elementCount } from "./rowMajor.js";
import type { Dim } from "./shape.js";
import { normalAxis, ShapeError } from "./shape.js";
import type { Value } from "./value.js";

type Reduction = "ReduceSum" | "ReduceMean" | "ReduceMax";

/** Reduce over `axes`, which stay with size one when `keep`. */
export function reduce(op: Reduction, x: Value, axes: readonly number[], keep: boolean): Value {
  const over = new Set(axes.map((axis) => normalAxis(op, x.shape, axis)));
  const shape: Dim[] = x.shape.flatMap((d, i) => (over.has(i) ? (keep ? [1] : []) : [d]));
  const keepdims: Attribute = { kind: "int", value: keep ? 1 : 0 };
  return x.graph.apply(op, [x, x.graph.integers([...over])], x.dtype, shape, { keepdims });
}

/** The `k` largest entries along the last axis, largest first, and their indices. Throws where there are fewer. */
export function top(x: Value, k: number): { values: Value; indices: Value } {
  const size = x.shape.at(-1);
  if (!Number.isInteger(k) || k < 1 || (typeof size === "number" && k > size))
    throw new ShapeError("top", [x.shape], `${k} entries of ${size}`);
  const shape = [...x.shape.slice(0, -1), k];
  const [values, indices] = x.graph.node(
    "TopK",
    [x, x.graph.integers([k])],
    [
      { dtype: x.dtype, shape },
      { dtype: "i64", shape },
    ],
  );
  return { values: values!, indices: indices! };
}

/** Put the reduced axes back with size one, so that the cotangent broadcasts over what was reduced. */
function restored(dy: Value, x: Value, axes: Value): Value {
  return dy.shape.length === x.shape.length
    ? dy
    : dy.graph.apply("Unsqueeze", [dy, axes], dy.dtype, reducedShape(dy, x, axes));
}

function reducedShape(dy: Value, x: Value, axes: Value): Dim[] {
  const { bytes } = axes.origin as { bytes: Uint8Array };
  const over = new Set(Array.from(new BigInt64Array(bytes.slice().buffer), Number));
  let next = 0;
  return x.shape.map((_, i) => (over.has(i) ? 1 : dy.shape[next++]!));
}

/** `dy`, its reduced axes put back, along every axis of x. */
function spread(dy: Value, x: Value, axes: Value): Value {
  return dy.graph.apply("Expand", [restored(dy, x, axes), sizesOf(x)], dy.dtype, x.shape);
}

export const backward: Readonly<Record<string, Backward>> = {
  ReduceSum: single((dy, [x, axes]) => [spread(dy, x!, axes!), undefined]),
  ReduceMean: single((dy, [x, axes]) => {
    const { shape } = restored(dy, x!, axes!);
    const over = x!.shape.filter((size, i) => shape[i] === 1 && size !== 1);
    const count = over.every((size) => typeof size === "number")
      ? elementCount(over)
      : elements(x!).div(elements(dy));
    return [spread(dy.div(count), x!, axes!), undefined];
  }),
};

/** How many elements a value has at run time, as float32. */
function elements(x: Value): Value {
  return x.graph
    .apply("ReduceProd", [sizesOf(x)], "i64", [], { keepdims: { kind: "int", value: 0 } })
    .cast("f32");
}

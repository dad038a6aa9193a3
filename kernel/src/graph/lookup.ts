import type { Backward } from "./backward.js";
import { single, zerosOf } from "./backward.js";
import { unsqueeze } from "./layout.js";
import type { Dim, Shape } from "./shape.js";
import { normalAxis, ShapeError } from "./shape.js";
import type { Value } from "./value.js";

export function gather(table: Value, indices: Value): Value {
  if (indices.dtype !== "i64") throw new Error(`gather with ${indices.dtype} indices: cast them to i64`);
  const shape = [...indices.shape, ...table.shape.slice(1)];
  return table.graph.apply("Gather", [table, indices], table.dtype, shape, {
    axis: { kind: "int", value: 0 },
  });
}

export function along(table: Value, like: Value, axis: number): Value {
  const { graph } = table;
  const rows = table.shape[0];
  const at = normalAxis("along", like.shape, axis);
  if (typeof rows !== "number" || rows < 1)
    throw new ShapeError("along", [table.shape], "the table must have a known number of rows");
  const one = (n: number) => graph.apply("Squeeze", [graph.integers([n])], "i64", []);
  const size = graph.apply("Shape", [like], "i64", [1], {
    start: { kind: "int", value: at },
    end: { kind: "int", value: at + 1 },
  });
  const count = graph.apply("Squeeze", [size], "i64", []);
  const places = graph.apply("Range", [one(0), count, one(1)], "i64", [like.shape[at]!]);
  return gather(table, graph.apply("Min", [places, one(rows - 1)], "i64", [like.shape[at]!]));
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

export function pick(x: Value, indices: Value): Value {
  const fits =
    indices.shape.length === x.shape.length && indices.shape.slice(0, -1).every((d, i) => d === x.shape[i]);
  if (indices.dtype !== "i64" || !fits) {
    throw new ShapeError(
      "pick",
      [x.shape, indices.shape],
      "indices must be i64 and differ in the last size only",
    );
  }
  return x.graph.apply("GatherElements", [x, indices], x.dtype, indices.shape, {
    axis: { kind: "int", value: -1 },
  });
}

/** What was read by its place is added back to where it lay. */
export const backward: Readonly<Record<string, Backward>> = {
  Gather: single((dy, [table, indices]) => {
    const rest = table!.shape.slice(1);
    const rows = flat(indices!, indices!.shape.length, []);
    return [sumInto(table!, 0, rows, flat(dy, indices!.shape.length, rest)), undefined];
  }),
  GatherND: single((dy, [x, indices]) => {
    const places = squeeze(indices!, 2);
    return [sumInto(x!, 1, places, dy), undefined];
  }),
  GatherElements: single((dy, [x, indices]) => [scatter(x!, -1, indices!, dy), undefined]),
};

/** Adds each of `rows` along an axis of zeros like `target`, to the place that `indices` name for it. */
function sumInto(target: Value, axis: number, indices: Value, rows: Value): Value {
  let wide = indices;
  for (let at = indices.shape.length; at < rows.shape.length; at++) wide = unsqueeze(wide, at);
  const sizes = rows.graph.apply("Shape", [rows], "i64", [rows.shape.length]);
  wide = rows.graph.apply("Expand", [wide, sizes], "i64", rows.shape);
  return scatter(target, axis, wide, rows);
}

/**
 * Adds to zeros like `target`, along one axis. By ScatterElements, which adds one after another: onnxruntime's ScatterND adds
 * on several threads at once, and loses what two of them add to the same place.
 */
function scatter(target: Value, axis: number, indices: Value, dy: Value): Value {
  return target.graph.apply("ScatterElements", [zerosOf(target), indices, dy], dy.dtype, target.shape, {
    axis: { kind: "int", value: axis },
    reduction: { kind: "string", value: "add" },
  });
}

/** The first `count` axes as one. */
function flat(x: Value, count: number, rest: Shape): Value {
  if (count === 1) return x;
  const first = x.shape.slice(0, count);
  const joined: Dim = first.every((size) => typeof size === "number")
    ? first.reduce<number>((product, size) => product * (size as number), 1)
    : first.join("*");
  const sizes = rest.map((size) => {
    if (typeof size === "string") throw new ShapeError("gather", [x.shape], `no gradient along ${size}`);
    return size;
  });
  return x.graph.apply("Reshape", [x, x.graph.integers([-1, ...sizes])], x.dtype, [joined, ...rest]);
}

function squeeze(x: Value, axis: number): Value {
  return x.graph.apply("Squeeze", [x, x.graph.integers([axis])], x.dtype, x.shape.toSpliced(axis, 1));
}

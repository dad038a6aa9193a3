import * as z from "zod/mini";
import { elementCount } from "./rowMajor.js";
import { block, checked, count, expectShape, number, provenance, scale, size } from "./schema.js";
import type { TensorPayload } from "./tensor.js";

const finite = z.nullable(number);

const schema = z.object({
  name: z.string(),
  alias: z.nullable(z.string()),
  dtype: z.literal("f32"),
  shape: z.array(size).check(z.maxLength(8)),
  axes: z.array(z.string()),
  statistics: z.object({
    count: size,
    padding: z.optional(size),
    mean: finite,
    std: finite,
    min: finite,
    max: finite,
    nan: count,
    positiveInfinity: count,
    negativeInfinity: count,
  }),
  histogram: z.nullable(
    z.object({ lo: number, hi: number, counts: z.array(count).check(z.minLength(1), z.maxLength(1024)) }),
  ),
  shards: z.array(
    z.object({
      axis: count,
      parts: z
        .array(z.object({ ranks: z.array(count), from: count, to: size }))
        .check(z.minLength(1), z.maxLength(4096)),
    }),
  ),
  part: z.object({ from: z.array(count), block }),
  truncated: z.nullable(z.object({ kept: count, of: count, reason: z.string() })),
  view: z.object({ rows: z.nullable(count), columns: z.nullable(count), index: z.array(count), scale }),
  provenance: z.nullable(provenance),
});

/** A payload of `application/vnd.vitrail.tensor.v1+json`, checked throughout; throws one line that says where it is wrong. */
export function parseTensor(value: unknown): TensorPayload {
  const payload: TensorPayload = checked("tensor payload", schema, value);
  const { shape, axes, statistics, histogram, shards, part, view } = payload;
  const printed = `[${shape.join(", ")}]`;
  for (const [name, list] of Object.entries({ axes, "part.from": part.from, "view.index": view.index }))
    if (list.length !== shape.length)
      throw new RangeError(`${name} has ${list.length} entries, shape ${printed} has ${shape.length} axes`);
  const padding = statistics.padding ?? 0;
  if (statistics.count + padding !== elementCount(shape))
    throw new RangeError(
      `statistics are of ${statistics.count + padding} values, shape ${printed} has ${elementCount(shape)}`,
    );
  const { nan, positiveInfinity, negativeInfinity } = statistics;
  const finiteCount = statistics.count - nan - positiveInfinity - negativeInfinity;
  const binned = histogram?.counts.reduce((sum, each) => sum + each, 0) ?? 0;
  if (binned !== finiteCount)
    throw new RangeError(`histogram holds ${binned} values, ${finiteCount} are finite`);
  for (const { axis, parts } of shards) {
    let end = 0;
    for (const { from, to } of parts) {
      if (from !== end || to <= from)
        throw new RangeError(`shards of axis ${axis} go from ${from} to ${to} after ${end}`);
      end = to;
    }
    if (end !== shape[axis])
      throw new RangeError(`shards of axis ${axis} end at ${end}, shape ${printed} at ${shape[axis]}`);
  }
  if (shape.length === 0) expectShape("part", part.block.shape, [1]);
  else if (
    part.block.shape.length !== shape.length ||
    part.block.shape.some((kept, axis) => part.from[axis]! + kept > shape[axis]!)
  )
    throw new RangeError(
      `part [${part.block.shape.join(", ")}] from [${part.from.join(", ")}] leaves shape ${printed}`,
    );
  const { rows, columns, index } = view;
  const needed = shape.length === 0 ? 0 : shape.length === 1 ? 1 : 2;
  const chosen = [rows, columns].filter((axis) => axis !== null);
  if (
    chosen.length !== needed ||
    new Set(chosen).size !== needed ||
    chosen.some((axis) => axis >= shape.length) ||
    (needed === 1 && columns === null)
  )
    throw new RangeError(`view of axes ${rows} and ${columns}: shape ${printed} cannot be shown so`);
  const outside = index.findIndex(
    (at, axis) => at < part.from[axis]! || at >= part.from[axis]! + part.block.shape[axis]!,
  );
  if (outside >= 0)
    throw new RangeError(`view at ${axes[outside]} ${index[outside]}: the payload does not hold it`);
  return payload;
}

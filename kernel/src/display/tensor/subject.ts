import { elementCount, stridesOf } from "../payload/rowMajor.js";
import type { AxisShards } from "../payload/tensor.js";
import type { Provenance } from "../payload/provenance.js";

type Lengths = readonly number[] | Readonly<Record<string, readonly number[]>>;

/** What `tensor` shows: a capture of a run, or any row-major data with a shape. */
export interface TensorSource {
  readonly shape: readonly number[];
  /** Numbers that are not float32 are rounded to it. */
  readonly data: Float32Array | readonly number[];
  /** A name for each axis. Default `axis 0`, `axis 1`, … */
  readonly axes?: readonly string[];
  readonly name?: string;
  readonly alias?: string | undefined;
  /**
   * Tokens of each row along `position`, `query` and `key`, or along each of them by its name: what lies beyond is padding,
   * which no statistic counts.
   */
  readonly lengths?: Lengths | undefined;
  /** Which ranks held which entries of an axis. */
  readonly shards?: readonly AxisShards[];
  readonly provenance?: Provenance | undefined;
}

/** A tensor whose parts fit one another. */
export interface Subject {
  readonly name: string;
  readonly alias: string | null;
  readonly shape: readonly number[];
  readonly axes: readonly string[];
  readonly data: Float32Array;
  /** The values that are no padding. */
  readonly values: Float32Array;
  readonly shards: readonly AxisShards[];
  readonly provenance: Provenance | null;
}

const mostAxes = 8;

/** Throws one line when there is nothing to show, or when data, shape and axes do not fit. */
export function subjectOf(source: TensorSource): Subject {
  const { shape } = source;
  const printed = `[${shape.join(", ")}]`;
  if (shape.length > mostAxes)
    throw new RangeError(`tensor of shape ${printed}: at most ${mostAxes} axes can be shown`);
  const wrong = shape.find((size) => !Number.isSafeInteger(size) || size < 1);
  if (wrong !== undefined)
    throw new RangeError(`tensor of shape ${printed}: there is nothing to show of ${wrong} entries`);
  const count = elementCount(shape);
  if (source.data.length !== count)
    throw new RangeError(`${source.data.length} values do not fill shape ${printed}`);
  const axes = source.axes ?? shape.map((_, axis) => `axis ${axis}`);
  if (axes.length !== shape.length || new Set(axes).size !== axes.length)
    throw new RangeError(
      `axes [${axes.join(", ")}] of shape ${printed}: each of the ${shape.length} needs a name of its own`,
    );
  const data = source.data instanceof Float32Array ? source.data : Float32Array.from(source.data);
  return {
    name: source.name ?? "tensor",
    alias: source.alias ?? null,
    shape: [...shape],
    axes: [...axes],
    data,
    values: source.lengths === undefined ? data : withoutPadding(data, shape, axes, source.lengths),
    shards: source.shards ?? [],
    provenance: source.provenance ?? null,
  };
}

const tokenAxes: ReadonlySet<string> = new Set(["position", "query", "key"]);

/** The values whose token axes lie within their row, in their order. */
function withoutPadding(
  data: Float32Array,
  shape: readonly number[],
  axes: readonly string[],
  lengths: Lengths,
): Float32Array {
  const along = axes.map((axis) =>
    isList(lengths) ? (tokenAxes.has(axis) ? lengths : undefined) : lengths[axis],
  );
  const rows = isList(lengths) ? lengths : (Object.values(lengths)[0] ?? []);
  if (axes[0] !== "batch" || along.some((each) => each !== undefined && each.length !== shape[0]))
    throw new RangeError(
      `lengths of ${rows.length} rows for axes [${axes.join(", ")}] of shape [${shape.join(", ")}]: give one for each entry of batch`,
    );
  const strides = stridesOf(shape);
  const kept: Float32Array[] = [];
  const walk = (axis: number, from: number, row: number): void => {
    // From the last token axis on everything is contiguous.
    if (along.slice(axis).every((each) => each === undefined)) {
      kept.push(data.subarray(from, from + elementCount(shape.slice(axis))));
      return;
    }
    const count = Math.min(along[axis]?.[row] ?? shape[axis]!, shape[axis]!);
    for (let i = 0; i < count; i++) walk(axis + 1, from + i * strides[axis]!, row);
  };
  for (let row = 0; row < shape[0]!; row++) walk(1, row * strides[0]!, row);
  const values = new Float32Array(kept.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of kept) {
    values.set(part, at);
    at += part.length;
  }
  return values;
}

function isList(lengths: Lengths): lengths is readonly number[] {
  return Array.isArray(lengths);
}

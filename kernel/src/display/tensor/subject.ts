import type { AxisShards } from "../payload/tensor.js";
import type { Provenance } from "../payload/provenance.js";

/** What `tensor` shows: a capture of a run, or any row-major data with a shape. */
export interface TensorSource {
  readonly shape: readonly number[];
  /** Numbers that are not float32 are rounded to it. */
  readonly data: Float32Array | readonly number[];
  /** A name for each axis. Default `axis 0`, `axis 1`, … */
  readonly axes?: readonly string[];
  readonly name?: string;
  readonly alias?: string | undefined;
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
  const count = shape.reduce((product, size) => product * size, 1);
  if (source.data.length !== count)
    throw new RangeError(`${source.data.length} values do not fill shape ${printed}`);
  const axes = source.axes ?? shape.map((_, axis) => `axis ${axis}`);
  if (axes.length !== shape.length || new Set(axes).size !== axes.length)
    throw new RangeError(
      `axes [${axes.join(", ")}] of shape ${printed}: each of the ${shape.length} needs a name of its own`,
    );
  return {
    name: source.name ?? "tensor",
    alias: source.alias ?? null,
    shape: [...shape],
    axes: [...axes],
    data: source.data instanceof Float32Array ? source.data : Float32Array.from(source.data),
    shards: source.shards ?? [],
    provenance: source.provenance ?? null,
  };
}

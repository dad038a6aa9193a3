import type { Block } from "./block.js";
import type { Provenance } from "./provenance.js";
import type { Scale } from "./scale.js";

export const tensorType = "application/vnd.vitrail.tensor.v1+json";

/** Over the whole tensor but its padding, in float64. Moments and ends are those of the finite values, null where there are too few. */
export interface TensorStatistics {
  readonly count: number;
  /** Values at the padding of shorter rows, which are not counted; left out when there are none. */
  readonly padding?: number | undefined;
  readonly mean: number | null;
  /** Unbiased (divided by n − 1), as `torch.std` has it. */
  readonly std: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly nan: number;
  readonly positiveInfinity: number;
  readonly negativeInfinity: number;
}

/** How many finite values lie in each of equally wide bins from `lo` to `hi`; the last bin holds `hi` too. */
export interface Histogram {
  readonly lo: number;
  readonly hi: number;
  readonly counts: readonly number[];
}

/** How the entries of one axis lie on the ranks: contiguous parts [from, to) that cover the axis, in order. */
export interface AxisShards {
  readonly axis: number;
  readonly parts: readonly {
    readonly ranks: readonly number[];
    readonly from: number;
    readonly to: number;
  }[];
}

/** A tensor as a saved notebook keeps it: what is said of all of it, and as many of its values as the budget allows. */
export interface TensorPayload {
  readonly name: string;
  /** Hugging Face module path, where the name is a hook point. */
  readonly alias: string | null;
  readonly dtype: "f32";
  readonly shape: readonly number[];
  /** A name for each axis of the shape. */
  readonly axes: readonly string[];
  readonly statistics: TensorStatistics;
  /** Null when no value is finite. */
  readonly histogram: Histogram | null;
  /** One entry for each axis that ranks share. */
  readonly shards: readonly AxisShards[];
  /** The values kept: entries from `from[axis]` on, as many as the block's shape says. */
  readonly part: { readonly from: readonly number[]; readonly block: Block };
  /** Values kept of all, and why not all; null when all are kept. */
  readonly truncated: { readonly kept: number; readonly of: number; readonly reason: string } | null;
  /** What is shown first: two axes (rows null for a vector, both null for a scalar) and an entry of every axis. */
  readonly view: {
    readonly rows: number | null;
    readonly columns: number | null;
    readonly index: readonly number[];
    readonly scale: Scale;
  };
  readonly provenance: Provenance | null;
}

/** The ranks that hold the entry at `index`: those that every shared axis agrees on; undefined where none is shared. */
export function ranksAt(
  shards: readonly AxisShards[],
  index: readonly number[],
): readonly number[] | undefined {
  let ranks: readonly number[] | undefined;
  for (const { axis, parts } of shards) {
    const held = parts.find(({ from, to }) => index[axis]! >= from && index[axis]! < to)?.ranks ?? [];
    ranks = ranks === undefined ? held : ranks.filter((rank) => held.includes(rank));
  }
  return ranks;
}

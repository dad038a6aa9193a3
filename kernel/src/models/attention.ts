import { concat, type Value } from "../graph/value.js";
import { headAxes, patternAxes } from "./trace.js";
import type { Trace } from "./trace.js";

export interface AttentionSpec {
  /** Heads and key/value heads of the whole model; grouped-query attention shares a key/value head among several. */
  readonly heads: number;
  readonly keyValueHeads: number;
  /** Units of one head. */
  readonly size: number;
  /** Factor on q·k before the softmax, usually 1/√size. */
  readonly scale: number;
  /** Added to the scores: 0 where a query may look, a large negative number elsewhere. [batch, 1, position, position] */
  readonly mask: Value;
  /** Rotates queries and keys [batch, head, position, unit] by their positions. */
  readonly rotary?: (x: Value) => Value;
  /** Hugging Face module paths. */
  readonly alias: { readonly q: string; readonly k: string; readonly v: string; readonly z: string };
}

/**
 * Scaled dot-product attention (Vaswani et al. 2017, eq. 1), written out so that every value in it can be read
 * and edited. Takes this rank's projections [batch, position, heads × size] and returns its heads' weighted
 * values in the same layout.
 *
 * What the points mean, for every architecture: `q`, `k`, `v` are what the projections give, before rotary and
 * before scaling; `qRotary`, `kRotary` are what is multiplied, where positions are rotary; `scores` are scaled
 * and not yet masked; `pattern` is after mask and softmax; `z` is what enters the output projection.
 */
export function attention(t: Trace, spec: AttentionSpec, q: Value, k: Value, v: Value): Value {
  const { heads, keyValueHeads, size, alias } = spec;
  const ranks = t.tensor.size;
  const queries = byHead(t, "q", alias.q, q, heads, size);
  const keys = byHead(t, "k", alias.k, k, keyValueHeads, size);
  const values = byHead(t, "v", alias.v, v, keyValueHeads, size);

  const [rotatedQ, rotatedK] = spec.rotary
    ? [
        t.point(spec.rotary(queries), "attention.qRotary", {
          axes: headAxes,
          split: { axis: 1, whole: heads },
        }),
        t.point(spec.rotary(keys), "attention.kRotary", {
          axes: headAxes,
          split: { axis: 1, whole: keyValueHeads },
        }),
      ]
    : [queries, keys];

  const group = heads / keyValueHeads;
  const split = { axis: 1, whole: heads };
  const parts = t.extend(rotatedK, values);
  const products = parts.map((part) => rotatedQ.matmul(shareAmong(part.keys, group).transpose(0, 1, 3, 2)));
  const product = products.length === 1 ? products[0]! : concat(products, 3);
  const scores = t.point(product.mul(spec.scale), "attention.scores", { axes: patternAxes, split });
  const pattern = t.point(scores.add(spec.mask).softmax(), "attention.pattern", { axes: patternAxes, split });
  const weights =
    parts.length === 1
      ? [pattern]
      : pattern.splitLike(
          3,
          parts.map((part) => part.keys),
          2,
        );
  const seen = parts.map((part, i) => weights[i]!.matmul(shareAmong(part.values, group)));
  const [first, ...rest] = seen as [Value, ...Value[]];
  const z = t.point(
    rest.reduce((sum, each) => sum.add(each), first),
    "attention.z",
    {
      axes: headAxes,
      alias: alias.z,
      split,
    },
  );
  return z.transpose(0, 2, 1, 3).reshape("batch", "position", (heads / ranks) * size);
}

/** [batch, position, heads × size] → the hook point [batch, head, position, size]. */
function byHead(t: Trace, name: string, alias: string, x: Value, heads: number, size: number): Value {
  const split = x.reshape("batch", "position", heads / t.tensor.size, size).transpose(0, 2, 1, 3);
  return t.point(split, `attention.${name}`, { axes: headAxes, alias, split: { axis: 1, whole: heads } });
}

/** Repeat each key/value head for the `group` query heads that share it (Ainslie et al. 2023). */
function shareAmong(x: Value, group: number): Value {
  if (group === 1) return x;
  const [batch, heads, position, size] = x.shape;
  return x
    .unsqueeze(2)
    .expand(2, group)
    .reshape(batch!, (heads as number) * group, position!, size!);
}

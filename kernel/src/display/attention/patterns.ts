import type { Provenance } from "../payload/provenance.js";

/** What `attention` needs of a run; a session's `Run` has this shape. */
export interface AttentionRun {
  readonly captures: ReadonlyMap<
    string,
    {
      readonly shape: readonly number[];
      /** Row-major [batch, head, query, key], rows padded on the right. */
      readonly data: Float32Array;
      readonly point: { readonly name: string; readonly layer: number | undefined };
      /** The selector that asked for it: one with `[…]` chose a part. */
      readonly selector?: string;
      /** Which heads of the model these are, where they are not all of them. */
      readonly heads?: readonly number[] | undefined;
    }
  >;
  /** Tokens of each row, without padding. */
  readonly tokens: readonly (readonly { readonly text: string }[])[];
  readonly provenance: Provenance;
}

/** The captured patterns of one row, read where they lie. Heads are counted as they were captured. */
export interface Patterns {
  readonly tokens: readonly string[];
  readonly row: { readonly index: number; readonly of: number };
  /** Rising layer ids. */
  readonly layers: readonly number[];
  readonly heads: number;
  /** What each of them is called in the model. */
  readonly headNumbers: readonly number[];
  /** Weights of one head, [query, key], unpadded; `layer` is an id of `layers`. */
  map(layer: number, head: number): Float32Array;
}

const pattern = /^layers\.(\d+)\.attention\.pattern$/;
const wanted = 'capture("layers.*.attention.pattern")';

/**
 * Finds the attention patterns of row `row` in a run, of all heads or of the same ones in every layer. Throws one line when
 * there are none, when a selector chose some queries or keys, when shapes disagree, or when a weight is not finite.
 */
export function findPatterns(run: AttentionRun, row = 0): Patterns {
  const found = [...run.captures.values()].filter((captured) => pattern.test(captured.point.name));
  if (found.length === 0) {
    const names = [...run.captures.keys()];
    const kept =
      names.length === 0 ? "nothing" : names.slice(0, 3).join(", ") + (names.length > 3 ? ", …" : "");
    throw new Error(
      `the run captured no attention patterns (it captured ${kept}): add ${wanted} to its hooks`,
    );
  }
  const tokens = run.tokens[row];
  if (tokens === undefined || !Number.isInteger(row))
    throw new RangeError(`no row ${row}: the run has rows 0 to ${run.tokens.length - 1}`);
  if (tokens.length === 0) throw new RangeError(`row ${row} has no tokens`);
  const longest = Math.max(...run.tokens.map((each) => each.length));
  // Parts of a map that were captured beside the whole of it are not looked at.
  const isPart = ({ selector }: (typeof found)[number]) => selector?.includes("[") === true;
  const whole = new Set(found.filter((each) => !isPart(each)).map(({ point }) => point.name));
  const shown = found.filter((each) => !isPart(each) || !whole.has(each.point.name));
  const heads = shown[0]!.shape[1] ?? 0;
  const numbersOf = ({ heads: own }: (typeof found)[number]) =>
    own ?? Array.from({ length: heads }, (_, head) => head);
  const headNumbers = numbersOf(shown[0]!);
  const byLayer = new Map<number, Float32Array>();
  for (const each of shown) {
    const { point, shape, data, selector } = each;
    const need = [run.tokens.length, heads, longest, longest];
    const isOther = shape.length !== 4 || shape.some((size, axis) => size !== need[axis]);
    if (isOther && isPart(each))
      throw new RangeError(
        `${point.name} was captured in part, by "${selector}": maps need all queries and keys, ${wanted}`,
      );
    if (numbersOf(each).join() !== headNumbers.join() || byLayer.has(Number(pattern.exec(point.name)![1])))
      throw new RangeError(
        `${shown[0]!.point.name} has heads ${headNumbers.join(", ")} and ${point.name} ${numbersOf(each).join(", ")}: ` +
          `maps need the same of each layer, in one capture`,
      );
    if (isOther)
      throw new RangeError(
        `${point.name} has shape [${shape.join(", ")}]: maps need [${need.join(", ")}], ${wanted}`,
      );
    byLayer.set(Number(pattern.exec(point.name)![1]), data);
  }
  const size = tokens.length;
  const map = (layer: number, head: number): Float32Array => {
    const data = byLayer.get(layer)!;
    const out = new Float32Array(size * size);
    for (let query = 0; query < size; query++) {
      const start = ((row * heads + head) * longest + query) * longest;
      out.set(data.subarray(start, start + size), query * size);
    }
    const bad = out.findIndex((weight) => !Number.isFinite(weight));
    if (bad >= 0)
      throw new RangeError(
        `layers.${layer}.attention.pattern is ${out[bad]} at head ${headNumbers[head]}, query ${Math.floor(bad / size)}, key ${bad % size}`,
      );
    return out;
  };
  return {
    tokens: tokens.map((token) => token.text),
    row: { index: row, of: run.tokens.length },
    layers: [...byLayer.keys()].sort((a, b) => a - b),
    heads,
    headNumbers,
    map,
  };
}

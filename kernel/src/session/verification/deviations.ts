import { stridesOf } from "../../graph/rowMajor.js";
import type { Deviation } from "./types.js";
import type { Comparable } from "./values.js";

/** How far two numbers are apart: 0 where they are equal, as −∞ and −∞ or NaN and NaN are; NaN is infinitely far from others. */
export function distance(a: number, b: number): number {
  if (a === b) return 0;
  const away = Math.abs(a - b);
  if (away === away) return away;
  return Number.isNaN(a) && Number.isNaN(b) ? 0 : Infinity;
}

/** How far the values of one run are from those of the same names of another, padding left out. */
export function deviationsOf(
  values: ReadonlyMap<string, Comparable>,
  others: ReadonlyMap<string, Comparable>,
): Deviation[] {
  return [...values].map(([name, value]) => {
    const other = others.get(name)!.data;
    const isReal = realIn(value);
    let [largest, size] = [0, 0];
    value.data.forEach((x, i) => {
      const away = distance(x, other[i]!);
      const own = Number.isFinite(x) ? Math.abs(x) : 0;
      // Few entries are larger than all before them, so that few are looked up.
      if ((away <= largest && own <= size) || !isReal(i)) return;
      largest = Math.max(largest, away);
      size = Math.max(size, own);
    });
    return { name, largest, relative: largest === 0 ? 0 : largest / size };
  });
}

const counted: ReadonlySet<string> = new Set(["position", "query", "key"]);

/** Tells whether an entry is within its row: what lies behind the end is padding, in a value of all positions. */
function realIn({ shape, axes, lengths }: Comparable): (index: number) => boolean {
  const longest = Math.max(...lengths);
  const strides = stridesOf(shape);
  const place = (index: number, axis: number) => Math.floor(index / strides[axis]!) % shape[axis]!;
  const along = axes.flatMap((axis, i) => (counted.has(axis) && shape[i] === longest ? [i] : []));
  const hasRows = axes[0] === "batch" && shape[0] === lengths.length;
  return (index) => {
    const length = hasRows ? lengths[place(index, 0)]! : longest;
    return along.every((axis) => place(index, axis) < length);
  };
}

import { gradientAt, pointOf } from "../../graph/point.js";
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

/**
 * A gradient of at most this share of the largest of its run is a sum that cancels, as that of a bias of keys is: what is
 * left of it is rounding.
 */
const cancelled = 1e-6;

const isGradient = (name: string): boolean => name === gradientAt(pointOf(name));

/** How far the values of one run are from those of the same names of another, padding left out. */
export function deviationsOf(
  values: ReadonlyMap<string, Comparable>,
  others: ReadonlyMap<string, Comparable>,
): Deviation[] {
  const measured = [...values].map(([name, value]) => ({ name, ...measure(value, others.get(name)!) }));
  const most = Math.max(0, ...measured.map(({ name, sizes }) => (isGradient(name) ? Math.max(...sizes) : 0)));
  return measured.map(({ name, largest, sizes }) => {
    const isNothing = isGradient(name) && Math.max(...sizes) <= cancelled * most;
    return { name, largest, relative: largest === 0 ? 0 : largest / (isNothing ? most : sizes[0]) };
  });
}

/** The largest difference, and the largest finite entry of each of the two. */
function measure(value: Comparable, { data }: Comparable) {
  const isReal = realIn(value);
  let [largest, own, other] = [0, 0, 0];
  value.data.forEach((x, i) => {
    const away = distance(x, data[i]!);
    const [a, b] = [finite(x), finite(data[i]!)];
    // Few entries are larger than all before them, so that few are looked up.
    if ((away <= largest && a <= own && b <= other) || !isReal(i)) return;
    largest = Math.max(largest, away);
    own = Math.max(own, a);
    other = Math.max(other, b);
  });
  return { largest, sizes: [own, other] as const };
}

const finite = (x: number): number => (Number.isFinite(x) ? Math.abs(x) : 0);

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

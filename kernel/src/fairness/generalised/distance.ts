import { meanOf } from "../statistics/mean.js";

export const absolute = (a: number, b: number): number => Math.abs(a - b);

/** Group over background; the background is kept from 0 as published. */
export const ratio = (background: number, group: number): number => group / (background + 1e-13);

const rising = (list: readonly number[]) => Float64Array.from(list).sort();

/** Wasserstein-1 between two samples: the area between their empirical distribution functions. */
export function wasserstein(a: readonly number[], b: readonly number[]): number {
  const [left, right] = [rising(a), rising(b)];
  const all = rising([...a, ...b]);
  let area = 0;
  let [i, j] = [0, 0];
  for (let k = 0; k + 1 < all.length; k++) {
    const at = all[k]!;
    while (i < left.length && left[i]! <= at) i += 1;
    while (j < right.length && right[j]! <= at) j += 1;
    area += Math.abs(i / left.length - j / right.length) * (all[k + 1]! - at);
  }
  return area;
}

/** Mann–Whitney's U of the first sample: pairs in which it is the greater, ties counted half. */
function mannWhitneyU(first: readonly number[], second: readonly number[]): number {
  const sorted = rising(second);
  let below = 0;
  let upTo = 0;
  let u = 0;
  for (const value of rising(first)) {
    while (below < sorted.length && sorted[below]! < value) below += 1;
    while (upTo < sorted.length && sorted[upTo]! <= value) upTo += 1;
    u += below + (upTo - below) / 2;
  }
  return u;
}

/** ½ − U/(n·m) of the background (Borkan et al. 2019): 0 when neither sample tends to be the greater. */
export const equalityGap = (background: readonly number[], group: readonly number[]): number =>
  0.5 - mannWhitneyU(background, group) / (background.length * group.length);

export const range = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

/** Standard deviation, divided by n. */
export function deviation(values: readonly number[]): number {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) ** 2)));
}

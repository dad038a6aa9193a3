import { normalCdf, normalQuantile } from "./distributions.js";
import { meanOf } from "./mean.js";

/** The quantile of rising values, straight between neighbours, as numpy has it; NaN when one of them is. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  // NaN sorts last.
  if (sorted.length === 0 || Number.isNaN(sorted[sorted.length - 1])) return NaN;
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}

/** The limits between which the middle share of rising values lies. */
export function percentile(sorted: ArrayLike<number>, confidence: number): [number, number] {
  return [quantile(sorted, (1 - confidence) / 2), quantile(sorted, (1 + confidence) / 2)];
}

/**
 * Limits by the bias-corrected and accelerated method (Efron 1987): `sorted` values of resamples, the value seen, and
 * those with one cluster left out, by the stratum that it is left out of. As clusters are drawn within strata, the
 * acceleration is taken within them too (Davison & Hinkley 1997, equation 5.30 for several samples). Where every resample gives the same, or the value seen lies outside all of them, the
 * correction is not defined, and neither are the limits, as in SciPy.
 */
export function bca(
  sorted: ArrayLike<number>,
  seen: number,
  without: readonly (readonly number[])[],
  confidence: number,
): [number, number] {
  const list = Array.from(sorted);
  if (list.length === 0 || Number.isNaN(seen) || Number.isNaN(list.at(-1))) return [NaN, NaN];
  if (list[0] === list.at(-1)) return [NaN, NaN];
  const below = list.filter((value) => value < seen).length;
  const upTo = list.filter((value) => value <= seen).length;
  const bias = normalQuantile((below + upTo) / (2 * list.length));
  const acceleration = accelerationOf(without);
  const limit = (p: number) => {
    const z = bias + normalQuantile(p);
    return quantile(sorted, normalCdf(bias + z / (1 - acceleration * z)));
  };
  if (!Number.isFinite(bias)) return [NaN, NaN];
  return [limit((1 - confidence) / 2), limit((1 + confidence) / 2)];
}

/** A sixth of the skewness of what each cluster adds to the value, which the values without it tell. */
function accelerationOf(strata: readonly (readonly number[])[]): number {
  let squares = 0;
  let cubes = 0;
  for (const stratum of strata) {
    const known = stratum.filter((value) => !Number.isNaN(value));
    const centre = meanOf(known);
    for (const value of known) {
      const part = ((known.length - 1) * (centre - value)) / known.length;
      squares += part ** 2;
      cubes += part ** 3;
    }
  }
  return squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
}

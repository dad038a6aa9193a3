import { randomNumbers } from "../../session/sampling.js";
import { gapsOf, spanOf } from "../metrics/gaps.js";
import { clustersOf, meansOf, type Clusters } from "./clusters.js";
import { normalCdf, normalQuantile } from "./distributions.js";
import { checkConfidence, meanOf, type Interval } from "./interval.js";
import type { Outcome } from "./outcome.js";

export interface BootstrapOptions {
  /** Default 10,000. */
  readonly resamples?: number;
  /** Default 0; printed with the method. */
  readonly seed?: number;
  readonly confidence?: number;
  /** `bca` corrects bias and skewness (Efron 1987), `percentile` does not. Default `bca`. */
  readonly method?: BootstrapMethod;
}

export type BootstrapMethod = "bca" | "percentile";

/** Values, gaps and span of the groups of one category, each with its interval. */
export interface BootstrapResult {
  readonly groups: readonly { readonly group: string; readonly value: Interval; readonly gap: Interval }[];
  readonly span: Interval;
  readonly templates: number;
  readonly resamples: number;
  readonly seed: number;
  /**
   * Templates that are alone in their stratum. They are in every resample, so intervals do not know of their chance:
   * where most are alone, intervals are too narrow.
   */
  readonly alone: number;
}

/**
 * Intervals by drawing templates anew, since the rows of one are not independent; a template comes with its rows of all
 * groups, which keeps their pairing. Templates are drawn among those of equal class and equal groups, so that no group
 * and no class vanishes. What cannot be counted is NaN.
 */
export function bootstrapGaps(
  outcomes: readonly Outcome[],
  { resamples = 10_000, seed = 0, confidence = 0.95, method = "bca" }: BootstrapOptions = {},
): BootstrapResult {
  checkConfidence(confidence);
  if (!Number.isInteger(resamples) || resamples < 2)
    throw new RangeError(`${resamples} resamples: must be a whole number, 2 or more`);
  const clusters = clustersOf(outcomes);
  const { groups, strata } = clusters;
  const all = strata.flat();
  const seen = statistics(meansOf(clusters, all));
  const drawn = seen.map(() => new Float64Array(resamples));
  const random = randomNumbers(seed);
  const templates = new Int32Array(all.length);
  for (let r = 0; r < resamples; r++) {
    let at = 0;
    for (const stratum of strata)
      for (let k = 0; k < stratum.length; k++)
        templates[at++] = stratum[Math.floor(random() * stratum.length)]!;
    statistics(meansOf(clusters, templates)).forEach((value, i) => (drawn[i]![r] = value));
  }
  const without = method === "bca" ? leaveOneOut(clusters, all) : [];
  const intervals = seen.map((estimate, i): Interval => {
    const sorted = drawn[i]!.sort();
    const one = without.map((values) => values[i]!);
    const [low, high] =
      method === "bca" ? bca(sorted, estimate, one, confidence) : percentile(sorted, confidence);
    return {
      estimate,
      low,
      high,
      confidence,
      method: `${method} bootstrap of templates, ${resamples}, seed ${seed}`,
    };
  });
  return {
    groups: groups.map((group, i) => ({
      group,
      value: intervals[i]!,
      gap: intervals[groups.length + i]!,
    })),
    span: intervals.at(-1)!,
    templates: new Set(outcomes.map(({ template }) => template)).size,
    resamples,
    seed,
    alone: strata.filter(({ length }) => length === 1).length,
  };
}

/** Values of the groups, their gaps, and the span. */
function statistics(means: readonly number[]): number[] {
  return [...means, ...gapsOf(means), spanOf(means)];
}

function leaveOneOut(clusters: Clusters, all: readonly number[]): number[][] {
  return all.map((left) =>
    statistics(
      meansOf(
        clusters,
        all.filter((each) => each !== left),
      ),
    ),
  );
}

/** The quantile of rising values, straight between neighbours, as numpy has it; NaN when one of them is. */
export function quantile(sorted: ArrayLike<number>, p: number): number {
  const at = p * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  // NaN sorts last.
  if (sorted.length === 0 || Number.isNaN(sorted[sorted.length - 1])) return NaN;
  return sorted[below]! + (at - below) * (sorted[above]! - sorted[below]!);
}

export function percentile(sorted: ArrayLike<number>, confidence: number): [number, number] {
  return [quantile(sorted, (1 - confidence) / 2), quantile(sorted, (1 + confidence) / 2)];
}

/**
 * Limits by the bias-corrected and accelerated method (Efron 1987): `sorted` values of resamples, the value seen, and
 * those with one template left out. Where every resample gives the same there is nothing to correct.
 */
export function bca(
  sorted: ArrayLike<number>,
  seen: number,
  without: readonly number[],
  confidence: number,
): [number, number] {
  const list = Array.from(sorted);
  if (list.length === 0 || Number.isNaN(seen) || Number.isNaN(list.at(-1))) return [NaN, NaN];
  if (list[0] === list.at(-1)) return [list[0]!, list[0]!];
  const below = list.filter((value) => value < seen).length;
  const upTo = list.filter((value) => value <= seen).length;
  const bias = normalQuantile((below + upTo) / (2 * list.length));
  const known = without.filter((value) => !Number.isNaN(value));
  const centre = meanOf(known);
  const squares = known.reduce((so, value) => so + (centre - value) ** 2, 0);
  const cubes = known.reduce((so, value) => so + (centre - value) ** 3, 0);
  const acceleration = squares === 0 ? 0 : cubes / (6 * squares ** 1.5);
  const limit = (p: number) => {
    const z = bias + normalQuantile(p);
    return quantile(sorted, normalCdf(bias + z / (1 - acceleration * z)));
  };
  if (!Number.isFinite(bias)) return percentile(sorted, confidence);
  return [limit((1 - confidence) / 2), limit((1 + confidence) / 2)];
}

import { gapsOf, spanOf } from "../metrics/gaps.js";
import { groupBy } from "../metrics/prediction.js";
import { bootstrap, type BootstrapOptions } from "./bootstrap.js";
import { clustersOf, meansOf } from "./clusters.js";
import type { Interval } from "./interval.js";
import type { Outcome } from "./outcome.js";
import { wilsonOfShare } from "./proportion.js";

/** Values, gaps and span of the groups of one category, each with its interval. */
export interface BootstrapResult {
  readonly groups: readonly { readonly group: string; readonly value: Interval; readonly gap: Interval }[];
  readonly span: Interval;
  readonly templates: number;
  /**
   * Templates that are alone in their stratum. They are in every resample, so intervals do not know of their chance:
   * where most are alone, intervals are too narrow.
   */
  readonly alone: number;
}

/**
 * Intervals by drawing templates anew, since the rows of one are not independent; a template comes with its rows of all
 * groups, which keeps their pairing. Templates are drawn among those of equal class and equal groups, so that no group
 * and no class vanishes. What cannot be counted is NaN. Where every resample gives the same there is nothing to take
 * limits from: a rate then has Wilson's over its templates, since rows of one are not independent; a gap or span has none.
 */
export function bootstrapGaps(outcomes: readonly Outcome[], options: BootstrapOptions = {}): BootstrapResult {
  const clusters = clustersOf(outcomes);
  const { groups, strata } = clusters;
  const statistics = (templates: ArrayLike<number>) => {
    const means = meansOf(clusters, templates);
    return [...means, ...gapsOf(means), spanOf(means)];
  };
  const intervals = bootstrap(strata, statistics, options);
  const rows = groupBy(outcomes, ({ group }) => group);
  return {
    groups: groups.map((group, i) => ({
      group,
      value: withLimits(intervals[i]!, rows.get(group)!),
      gap: intervals[groups.length + i]!,
    })),
    span: intervals.at(-1)!,
    templates: new Set(outcomes.map(({ template }) => template)).size,
    alone: strata.filter(({ length }) => length === 1).length,
  };
}

function withLimits(interval: Interval, rows: readonly Outcome[]): Interval {
  const isRate = rows.every(({ value }) => value === 0 || value === 1);
  if (!Number.isNaN(interval.low) || !isRate) return interval;
  const templates = new Set(rows.map(({ template }) => template)).size;
  const { low, high, method } = wilsonOfShare(interval.estimate, templates, interval.confidence);
  return { ...interval, low, high, method: `${method} over ${templates} templates; ${interval.method}` };
}

import { bootstrapGaps, type GapIntervalOptions } from "../statistics/bootstrapGaps.js";
import type { Interval } from "../statistics/interval.js";
import type { ReadCategory } from "./reading.js";

/**
 * Intervals of the gaps of a category's groups, in their order, by drawing its templates anew: rows of one template are not
 * independent. Undefined, as the gap is, for a group without rows.
 */
export function gapIntervals(
  { rows, groups }: ReadCategory,
  value: (row: number) => number,
  options?: GapIntervalOptions,
): Interval[] {
  const drawn = bootstrapGaps(
    rows.map(({ row: { group, template, label } }, i) => ({
      group,
      template,
      stratum: String(label),
      value: value(i),
    })),
    options,
  );
  const { confidence } = drawn.groups[0]!.gap;
  const nothing = { estimate: NaN, low: NaN, high: NaN, confidence, method: "no rows to draw from" };
  return groups.map((group) => drawn.groups.find((each) => each.group === group)?.gap ?? nothing);
}

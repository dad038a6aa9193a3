import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { groupBy, checkPredictions, type Prediction } from "../metrics/prediction.js";
import { meanOf } from "../statistics/mean.js";
import { outcomesOf } from "../statistics/outcome.js";
import { minimalDetectableGap } from "../statistics/power.js";
import type { RateRowsOptions } from "./gapRows.js";

export interface DetectableRowsOptions extends RateRowsOptions {
  readonly metrics: readonly string[];
  /** Chance of finding the gap. Default 0.8. */
  readonly power?: number;
  readonly alpha?: number;
  /** Correlation of the outcomes of one template's rows of a group. Default 0, which sees more than there is. */
  readonly correlation?: number;
}

/**
 * For every group the smallest gap upwards which would be found with this many rows: smaller ones can be there and not be
 * seen, so that no gap found is no proof of none. The test compares the group with the others, δ apart; a gap is the
 * distance from the mean of all m groups, itself among them, which the rise of one of them by δ moves by δ/m. So the
 * estimate is δ·(m − 1)/m, on the scale of the rows `…_gap`. Null where no δ up to a rate of 1 would be found, and where
 * there is nothing to compare with.
 */
export function detectableRows(rows: readonly Prediction[], options: DetectableRowsOptions): MetricRow[] {
  const { classes, metrics, about = {}, kept = {}, power = 0.8, alpha = 0.05, correlation = 0 } = options;
  checkPredictions(rows, classes);
  return [...groupBy(rows, ({ category }) => category)].flatMap(([category, all]) => {
    const compared = all.filter(({ group }) => kept[category]?.includes(group) ?? true);
    return metrics.flatMap((metric) => {
      const outcomes = outcomesOf(compared, metric, classes);
      const groups = groupBy(outcomes, ({ group }) => group);
      const ofGap = (groups.size - 1) / groups.size;
      return [...groups].map(([group, own]) => {
        const others = outcomes.filter((each) => each.group !== group);
        const templates = new Set(own.map(({ template }) => template)).size;
        const design = {
          rate: meanOf(others.map(({ value }) => value)),
          group: own.length,
          others: others.length,
          alpha,
          correlation,
          perTemplate: own.length / templates,
        };
        const estimate = others.length === 0 ? NaN : minimalDetectableGap(design, power) * ofGap;
        return metricRow({
          ...about,
          category,
          group,
          metric: `${metric}_detectable`,
          n: own.length,
          templates,
          estimate: finite(estimate),
          method: `two-sided z against the others, power ${power}, level ${alpha}, correlation ${correlation}`,
        });
      });
    });
  });
}

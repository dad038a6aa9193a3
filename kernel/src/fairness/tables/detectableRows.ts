import { finite, metricRow, type MetricRow } from "../../display/index.js";
import type { OptionNames } from "../../session/options.js";
import { groupBy, type Prediction } from "../metrics/prediction.js";
import { intraclass } from "../statistics/intraclass.js";
import { meanOf, sumOf } from "../statistics/mean.js";
import { outcomesOf, type Outcome } from "../statistics/outcome.js";
import { checkChances, minimalDetectableGap } from "../statistics/power.js";
import { comparedOf } from "./compared.js";
import type { RateRowsOptions } from "./gapRows.js";
import { checkRowOptions, rateNames } from "./rowOptions.js";

export interface DetectableRowsOptions extends RateRowsOptions {
  readonly metrics: readonly string[];
  /** Chance of finding the gap. Default 0.8. */
  readonly power?: number;
  /** Chance of any false alarm among all tests. Default 0.05. */
  readonly alpha?: number;
  /** How many tests share `alpha` (Bonferroni). Default: the gaps that `gapRows` adjusts together, of the same options. */
  readonly tests?: number;
  /** Correlation of the outcomes of one template's rows of a group. Default: what the rows have (`intraclass`). */
  readonly correlation?: number;
}

const optionNames: OptionNames<DetectableRowsOptions> = {
  ...rateNames,
  metrics: true,
  power: true,
  alpha: true,
  tests: true,
  correlation: true,
};

/**
 * For every kept group the smallest gap upwards which would be found with this many rows: smaller ones can be there and not
 * be seen, so that no gap found is no proof of none. The test compares the group with the others, δ apart, at the level
 * alpha / tests, where Holm begins too; a gap is the distance from the mean of all m groups, itself among them, which the
 * rise of one of them by δ moves by δ/m. So the estimate is δ·(m − 1)/m, on the scale of the rows `…_gap`. Null where no δ
 * up to a rate of 1 would be found, where there is nothing to compare with, and where the correlation is not given and cannot
 * be told from the rows. Throws one line when a kept group has no rows, and for a number of tests,
 * a chance or a correlation that is none.
 */
export function detectableRows(rows: readonly Prediction[], options: DetectableRowsOptions): MetricRow[] {
  checkRowOptions("detectableRows", options, optionNames);
  const { classes, metrics, about = {}, power = 0.8, alpha = 0.05, correlation } = options;
  const compared = comparedOf(rows, options);
  const ofGaps = sumOf(compared.map(({ groups }) => groups.length)) * metrics.length;
  const { tests = ofGaps } = options;
  if (!(tests >= 1) && compared.length > 0) throw new RangeError(`tests ${tests}: must be 1 or more`);
  checkChances({ power, alpha, correlation });
  return compared.flatMap(({ category, rows: all }) =>
    metrics.flatMap((metric) => {
      const outcomes = outcomesOf(all, metric, classes);
      const groups = groupBy(outcomes, ({ group }) => group);
      const ofGap = (groups.size - 1) / groups.size;
      const alike = correlation ?? correlationOf(outcomes);
      return [...groups].map(([group, own]) => {
        const others = outcomes.filter((each) => each.group !== group);
        const templates = new Set(own.map(({ template }) => template)).size;
        const design = {
          rate: meanOf(others.map(({ value }) => value)),
          group: own.length,
          others: others.length,
          alpha: alpha / tests,
          correlation: alike,
          perTemplate: own.length / templates,
        };
        const isKnown = others.length > 0 && !Number.isNaN(alike);
        const said = Number.isNaN(alike)
          ? "correlation cannot be told from these rows: give one"
          : `correlation ${Number(alike.toFixed(3))}${correlation === undefined ? " as in the rows" : ""}`;
        return metricRow({
          ...about,
          category,
          group,
          metric: `${metric}_detectable`,
          n: own.length,
          templates,
          estimate: finite(isKnown ? minimalDetectableGap(design, power) * ofGap : NaN),
          method: `two-sided z against the others, power ${power}, level ${alpha} over ${tests} tests, ${said}`,
        });
      });
    }),
  );
}

/** Where no template has two rows of a group no correlation is needed. */
function correlationOf(outcomes: readonly Outcome[]): number {
  const cells = new Set(outcomes.map(({ group, template }) => JSON.stringify([group, template])));
  return cells.size === outcomes.length ? 0 : intraclass(outcomes);
}

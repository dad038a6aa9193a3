import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { groupGaps, keptGroups, spans, type KeptGroups } from "../metrics/gaps.js";
import { groupBy, checkPredictions, type Prediction } from "../metrics/prediction.js";
import type { BootstrapOptions } from "../statistics/bootstrap.js";
import { bootstrapGaps } from "../statistics/bootstrapGaps.js";
import type { Interval } from "../statistics/interval.js";
import { outcomesOf } from "../statistics/outcome.js";
import { permutationTest, type PermutationOptions } from "../statistics/permutation.js";
import { adjustRows } from "./adjustRows.js";
import { intervalCells } from "./intervalCells.js";

/** Where rows come from: what every row of a table repeats. */
export type About = Partial<Pick<MetricRow, "dataset" | "sha" | "model" | "prompt" | "seed">>;

export interface RateRowsOptions {
  readonly classes: readonly string[];
  readonly about?: About;
  readonly kept?: KeptGroups;
}

export interface GapRowsOptions extends RateRowsOptions {
  /** Such as `accuracy` and `negative_FPR`. */
  readonly metrics: readonly string[];
  readonly bootstrap?: BootstrapOptions;
  readonly permutation?: PermutationOptions;
}

/**
 * Every rate, gap and span of one run as the published tables have them, and the share of each group's rows from which a
 * class could be read, without intervals: what `seedRows` takes the mean over.
 */
export function rateRows(rows: readonly Prediction[], options: RateRowsOptions): MetricRow[] {
  const { about = {}, kept } = options;
  const gaps = groupGaps(rows, options);
  const cell = (known: Partial<MetricRow> & Pick<MetricRow, "metric" | "n">) =>
    metricRow({ ...about, ...known });
  return [
    ...gaps.flatMap(({ category, group, metric, n, value, gap }) => [
      cell({ category, group, metric, n, estimate: finite(value) }),
      cell({ category, group, metric: `${metric}_gap`, n, estimate: finite(gap) }),
    ]),
    ...[...groupBy(rows, ({ category, group }) => JSON.stringify([category, group])).values()].map((of) => {
      const { category, group } = of[0]!;
      const read = of.filter(({ predicted }) => predicted !== null).length;
      return cell({ category, group, metric: "coverage", n: of.length, estimate: read / of.length });
    }),
    ...spans(gaps, kept).map(({ category, metric, n, value }) =>
      cell({ category, metric: `${metric}_span`, n, estimate: finite(value) }),
    ),
  ];
}

/**
 * Rates, gaps and spans of the kept groups of every category with intervals from resampled templates, and tests by
 * permuting group labels within templates. The p values of all gaps are adjusted together by Holm, those of all spans
 * too: one call is one family of each. The test of a span says whether any group differs from another, not which do:
 * that is what `pairRows` claims. Here `n` is the rows that the rate is counted over; a group without any, as one in
 * which the class does not occur, has rows without an estimate. Rows need templates. Throws one line when a kept group
 * has no rows.
 */
export function gapRows(rows: readonly Prediction[], options: GapRowsOptions): MetricRow[] {
  const cells = overCategories(rows, options, rowsOf);
  return adjustRows(cells, ({ metric }) => metric.endsWith("_span"));
}

/** What `of` gives for the kept groups of each category by each metric. Throws one line when a kept group has no rows. */
export function overCategories(
  rows: readonly Prediction[],
  options: GapRowsOptions,
  of: (
    category: string,
    metric: string,
    rows: readonly Prediction[],
    options: GapRowsOptions,
  ) => readonly MetricRow[],
): MetricRow[] {
  const { classes, metrics, about = {}, kept = {} } = options;
  checkPredictions(rows, classes);
  return [...groupBy(rows, ({ category }) => category)].flatMap(([category, all]) => {
    const names = keptGroups(category, [...groupBy(all, ({ group }) => group).keys()], kept);
    const compared = all.filter(({ group }) => names.includes(group));
    const found = metrics.flatMap((metric) => of(category, metric, compared, options));
    return found.map((row) => ({ ...row, ...about }));
  });
}

function rowsOf(
  category: string,
  metric: string,
  rows: readonly Prediction[],
  { classes, bootstrap, permutation }: GapRowsOptions,
): MetricRow[] {
  const outcomes = outcomesOf(rows, metric, classes);
  const drawn = bootstrapGaps(outcomes, bootstrap);
  const tested = permutationTest(outcomes, permutation);
  const test = `permutation within templates, ${tested.permutations}, seed ${tested.seed}`;
  const counted = groupBy(outcomes, ({ group }) => group);
  const cell = (name: string, n: number, interval: Interval, p?: number) =>
    metricRow({
      category,
      metric: name,
      n,
      templates: drawn.templates,
      ...intervalCells(interval),
      ...(p === undefined ? {} : { method: `${interval.method}; ${test}`, p: finite(p) }),
    });
  return [
    ...drawn.groups.flatMap(({ group, value, gap }, i) => {
      const n = counted.get(group)!.length;
      return [
        { ...cell(metric, n, value), group },
        { ...cell(`${metric}_gap`, n, gap, tested.groups[i]!.p), group },
      ];
    }),
    ...[...groupBy(rows, ({ group }) => group).keys()]
      .filter((group) => !counted.has(group))
      .flatMap((group) =>
        [metric, `${metric}_gap`].map((name) => metricRow({ category, group, metric: name, n: 0 })),
      ),
    cell(`${metric}_span`, outcomes.length, drawn.span, tested.p),
  ];
}

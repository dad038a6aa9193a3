import type { OptionNames } from "../../session/options.js";
import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { groupGaps, spans, type KeptGroups } from "../metrics/gaps.js";
import { groupBy, groupsOf, type Prediction } from "../metrics/prediction.js";
import { bootstrapGaps, type GapIntervalOptions } from "../statistics/bootstrapGaps.js";
import { cohensH } from "../statistics/effectSize.js";
import { meanOf, sumOf } from "../statistics/mean.js";
import { outcomesOf } from "../statistics/outcome.js";
import { permutationTest, type PermutationOptions } from "../statistics/permutation.js";
import { unmarkedGroup } from "../templates/unmarked.js";
import { adjustRows } from "./adjustRows.js";
import { comparedOf, permutationsFor, type Compared } from "./compared.js";
import { intervalCells } from "./intervalCells.js";
import { checkRowOptions, rateNames } from "./rowOptions.js";
import { permutationCells } from "./testCells.js";

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
  readonly interval?: GapIntervalOptions;
  /** Unless given, so many permutations that Holm over all tests of the call leaves a p of 0.025 or less possible. */
  readonly permutation?: PermutationOptions;
}

/** The options of gaps and of pairs by name. */
export const gapNames: OptionNames<GapRowsOptions> = {
  ...rateNames,
  metrics: true,
  interval: true,
  permutation: true,
};

/**
 * Every rate, gap and span of one run as the published tables have them, and the share of each group's rows from which a
 * class could be read, without intervals: what `seedRows` takes the mean over. `templates` is how many templates the rows
 * were made of, null where they do not say.
 */
export function rateRows(rows: readonly Prediction[], options: RateRowsOptions): MetricRow[] {
  checkRowOptions("rateRows", options, rateNames);
  const { about = {}, classes, kept } = options;
  const gaps = groupGaps(rows, { classes, ...(kept && { kept }) });
  const cell = (known: Partial<MetricRow> & Pick<MetricRow, "metric" | "n">) =>
    metricRow({ ...about, ...known });
  // As in `gapRows`: a rate is of its group's templates, a gap or a span of those of all groups that are compared.
  const ofGroup = new Map(groupsOf(rows).map((own) => [nameOf(own[0]!), templatesOf(own)]));
  const compared = new Map(
    comparedOf(rows, options).map(({ category, rows: own }) => [category, templatesOf(own)]),
  );
  return [
    ...gaps.flatMap(({ category, group, metric, n, value, gap }) => {
      const templates = ofGroup.get(nameOf({ category, group }))!;
      const known = { category, group, n };
      return [
        cell({ ...known, metric, templates, estimate: finite(value) }),
        cell({
          ...known,
          metric: `${metric}_gap`,
          templates: compared.get(category)!,
          estimate: finite(gap),
        }),
      ];
    }),
    ...coverageRows(rows, about),
    ...spans(gaps, kept).map(({ category, metric, n, value }) => {
      const templates = compared.get(category)!;
      return cell({ category, metric: `${metric}_span`, n, templates, estimate: finite(value) });
    }),
  ];
}

/** The share of each group's rows from which a class could be read: unread answers lower false positive rates too. */
function coverageRows(rows: readonly Prediction[], about: About): MetricRow[] {
  return groupsOf(rows).map((of) => {
    const { category, group } = of[0]!;
    const read = of.filter(({ predicted }) => predicted !== null).length;
    return metricRow({
      ...about,
      category,
      group,
      metric: "coverage",
      n: of.length,
      templates: templatesOf(of),
      estimate: read / of.length,
    });
  });
}

/**
 * Rates, gaps and spans of the kept groups of every category with intervals over templates (`bootstrapGaps`), and tests by
 * permuting group labels within templates, and the share of each group's rows from which a class could be read. The p
 * values of all gaps are adjusted together by Holm, those of all spans too: one call is one family of each. The test of a
 * span says whether any group differs from another, not which do: that is what `pairRows` claims. Spans have no limits:
 * they are never below 0, and the span of equal groups lies above it. Here `n` is the rows that the rate is counted over; a
 * group without any, as one in which the class does not occur, has rows without an estimate. Rows need templates. The
 * control group "unmarked" (`withUnmarked`) has its rates and coverage and, unless it is kept by name, no gap, and is no
 * part of what the others are compared with: it lacks templates that they have. To compare it, give `pairRows` the rows of
 * the templates that it has, and keep it. Throws one line when a kept group has no rows.
 */
export function gapRows(rows: readonly Prediction[], options: GapRowsOptions): MetricRow[] {
  checkRowOptions("gapRows", options, gapNames);
  const { about = {}, classes, metrics } = options;
  const compared = comparedOf(rows, options);
  const tests = sumOf(compared.map(({ groups }) => groups.length)) * metrics.length;
  const permutation = permutationsFor(tests, options.permutation);
  const found = compared.flatMap((each) => {
    const controls = rows.filter(
      ({ category, group }) =>
        category === each.category && group === unmarkedGroup && !each.groups.includes(group),
    );
    return [
      ...metrics.flatMap((metric) => [
        ...rowsOf(each, metric, { ...options, permutation }),
        ...valueRows(controls, metric, classes, options.interval),
      ]),
      ...coverageRows([...each.rows, ...controls], {}),
    ];
  });
  return adjustRows(
    found.map((row) => metricRow({ ...row, ...about })),
    ({ metric }) => metric.endsWith("_span"),
  );
}

const noLimits = "no limits: a span is never below 0";

function rowsOf(
  { category, rows }: Compared,
  metric: string,
  { classes, interval, permutation }: GapRowsOptions,
): MetricRow[] {
  const outcomes = outcomesOf(rows, metric, classes);
  const drawn = bootstrapGaps(outcomes, interval);
  const tested = permutationTest(outcomes, permutation);
  const test = `permutation within templates, ${tested.permutations}, seed ${tested.seed}`;
  const counted = groupBy(outcomes, ({ group }) => group);
  const { templates, alone } = drawn;
  const known = { category, templates };
  const lone = alone > 0 ? `, ${alone} of ${templates} templates alone in their stratum` : "";
  // What each group is compared with, for the size of its gap.
  const othersOf = (group: string) =>
    meanOf(drawn.groups.filter((each) => each.group !== group).map(({ value }) => value.estimate));
  return [
    ...drawn.groups.flatMap(({ group, value, gap }, i) => {
      const own = counted.get(group)!;
      const n = own.length;
      const cells = {
        ...intervalCells(gap),
        method: `${gap.method}${lone}; ${test}`,
        effect: finite(cohensH(value.estimate, othersOf(group))),
        ...permutationCells(tested.groups[i]!.p, tested.permutations),
      };
      return [
        metricRow({ ...known, templates: templatesOf(own), group, metric, n, ...intervalCells(value) }),
        metricRow({ ...known, group, metric: `${metric}_gap`, n, ...cells }),
      ];
    }),
    ...[...groupBy(rows, ({ group }) => group).keys()]
      .filter((group) => !counted.has(group))
      .flatMap((group) =>
        [metric, `${metric}_gap`].map((name) => metricRow({ category, group, metric: name, n: 0 })),
      ),
    metricRow({
      ...known,
      metric: `${metric}_span`,
      n: outcomes.length,
      estimate: finite(drawn.span),
      method: `${noLimits}; ${test}`,
      ...permutationCells(tested.p, tested.permutations),
    }),
  ];
}

/** How many templates rows were made of; null where one does not say. */
function templatesOf(rows: readonly { readonly template?: string }[]): number | null {
  const templates = new Set(rows.map(({ template }) => template));
  return templates.has(undefined) ? null : templates.size;
}

const nameOf = ({ category, group }: { readonly category: string; readonly group: string }) =>
  JSON.stringify([category, group]);

/** The rate of a control group that is compared with none. */
function valueRows(
  rows: readonly Prediction[],
  metric: string,
  classes: readonly string[],
  interval: GapIntervalOptions | undefined,
): MetricRow[] {
  const [first] = rows;
  if (first === undefined) return [];
  const { category, group } = first;
  const outcomes = outcomesOf(rows, metric, classes);
  if (outcomes.length === 0) return [metricRow({ category, group, metric, n: 0 })];
  const { groups, templates } = bootstrapGaps(outcomes, interval);
  const cells = intervalCells(groups[0]!.value);
  return [metricRow({ category, group, metric, n: outcomes.length, templates, ...cells })];
}

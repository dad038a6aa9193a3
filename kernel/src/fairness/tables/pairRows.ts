import { finite, metricRow, printMetric, type MetricRow } from "../../display/index.js";
import type { Prediction } from "../metrics/prediction.js";
import { sumOf } from "../statistics/mean.js";
import { outcomesOf } from "../statistics/outcome.js";
import { pairTests } from "../statistics/pairs.js";
import { adjustRows } from "./adjustRows.js";
import { comparedOf, permutationsFor, type Compared } from "./compared.js";
import { gapNames, type GapRowsOptions } from "./gapRows.js";
import { intervalCells } from "./intervalCells.js";
import { checkRowOptions } from "./rowOptions.js";
import { permutationCells } from "./testCells.js";

/**
 * The differences of every two kept groups of every category, with intervals from resampled templates and tests by
 * permuting the two labels within templates, adjusted together by Holm: one call is one family. Where a paper claims that
 * one group is treated otherwise than another, this is the p value to print; a gap is tested against the mean of all, and a
 * span says only that some differ. Wilcoxon's p over the templates that both groups fill stands in the method as a check.
 * The control group "unmarked" is compared only where it is kept by name. Throws as `gapRows` does.
 */
export function pairRows(rows: readonly Prediction[], options: GapRowsOptions): MetricRow[] {
  checkRowOptions("pairRows", options, gapNames);
  const { about = {}, metrics } = options;
  const compared = comparedOf(rows, options);
  const tests =
    sumOf(compared.map(({ groups }) => (groups.length * (groups.length - 1)) / 2)) * metrics.length;
  const permutation = permutationsFor(tests, options.permutation);
  const found = compared.flatMap((each) =>
    metrics.flatMap((metric) => rowsOf(each, metric, { ...options, permutation })),
  );
  return adjustRows(found.map((row) => metricRow({ ...row, ...about })));
}

function rowsOf(
  { category, rows }: Compared,
  metric: string,
  { classes, interval = {}, permutation = {} }: GapRowsOptions,
): MetricRow[] {
  const { permutations = 10_000, seed = 0 } = permutation;
  const test = `permutation of both groups within templates, ${permutations}, seed ${seed}`;
  return pairTests(outcomesOf(rows, metric, classes), { interval, permutation }).map(
    ({ first, second, n, templates, difference, effect, p, paired, signedRanks }) => {
      const check = `check: Wilcoxon over ${paired} templates, p ${printMetric(signedRanks, "p")}`;
      return metricRow({
        category,
        group: `${first} − ${second}`,
        metric: `${metric}_difference`,
        n,
        templates,
        ...intervalCells(difference),
        effect: finite(effect),
        ...permutationCells(p, permutations),
        method: [difference.method, test, ...(paired > 0 ? [check] : [])].join("; "),
      });
    },
  );
}

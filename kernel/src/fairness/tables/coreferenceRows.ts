import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { coreference, type Resolved } from "../benchmarks/coreference.js";
import { groupBy } from "../metrics/prediction.js";
import { clusterIntervals, type ClusterIntervalOptions } from "../statistics/clusterIntervals.js";
import { cohensH } from "../statistics/effectSize.js";
import { saidSigns, signFlipTest, type PermutationOptions } from "../statistics/permutation.js";
import type { About } from "./gapRows.js";
import { adjustRows } from "./adjustRows.js";
import { intervalCells } from "./intervalCells.js";
import { asIndependent, clusteredShare, independentShare } from "./shares.js";
import { signCells } from "./testCells.js";

/**
 * Winogender and WinoBias: coverage, accuracy, and the gaps of stereotype and gender with intervals over occupations
 * and tests by flipping the sign of each occupation's gap, adjusted by Holm; then accuracy again with Wilson's
 * interval, as if sentences of one occupation were independent, under the variant "items as independent". Sentences of
 * which no answer could be read are wrong. An occupation that lacks a side counts in the gap, not in its test.
 */
export function coreferenceRows(
  rows: readonly (Resolved & { readonly occupation: string })[],
  about: About = {},
  options: { readonly interval?: ClusterIntervalOptions; readonly permutation?: PermutationOptions } = {},
): MetricRow[] {
  const occupations = [...groupBy(rows, ({ occupation }) => occupation).values()];
  const gaps = (of: readonly Resolved[]) => {
    const { stereotypeGap, genderGap } = coreference(of);
    return [stereotypeGap, genderGap];
  };
  const found = clusterIntervals(occupations, gaps, { ...options.interval, within: [-1, 1] });
  const rightOf = (of: readonly Resolved[]) => of.filter(({ correct }) => correct === true).length;
  const counts = occupations.map((of) => ({ sum: rightOf(of), count: of.length }));
  const { sides, genders } = coreference(rows);
  const effects = [cohensH(sides.pro, sides.anti), cohensH(genders.male, genders.female)];
  const byOccupation = occupations.map(gaps);
  const known = { ...about, n: rows.length, templates: occupations.length };
  const read = rows.filter(({ correct }) => correct !== null).length;
  return adjustRows([
    metricRow({ ...known, metric: "coverage", estimate: finite(read / rows.length) }),
    metricRow({ ...known, metric: "accuracy", ...clusteredShare(counts, "occupations", options.interval) }),
    ...["stereotype_gap", "gender_gap"].map((metric, i) => {
      const paired = byOccupation.map((each) => each[i]!).filter((gap) => !Number.isNaN(gap));
      const tested = signFlipTest(paired, options.permutation);
      const cells = intervalCells(found[i]!);
      const method = `${cells.method}; ${saidSigns(tested, `${paired.length} occupations`)}`;
      const effect = finite(effects[i]!);
      return metricRow({ ...known, metric, ...cells, effect, ...signCells(tested), method });
    }),
    metricRow({
      ...about,
      metric: "accuracy",
      variant: asIndependent,
      n: rows.length,
      ...independentShare(rightOf(rows), rows.length),
    }),
  ]);
}

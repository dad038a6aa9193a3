import { finite, metricRow, type MetricRow } from "../../display/index.js";
import type { OptionNames } from "../../session/options.js";
import { probabilityGaps } from "../benchmarks/probabilityGap.js";
import { checkKept, keptGroups, type KeptGroups } from "../metrics/gaps.js";
import { checkPredictions, groupBy, type Prediction } from "../metrics/prediction.js";
import { clusterIntervals, type ClusterIntervalOptions } from "../statistics/clusterIntervals.js";
import { cohensD } from "../statistics/effectSize.js";
import { meanOf } from "../statistics/mean.js";
import { withRareNote } from "../statistics/rareTemplates.js";
import { saidSigns, signFlipTest, type PermutationOptions } from "../statistics/permutation.js";
import { adjustRows } from "./adjustRows.js";
import type { About } from "./gapRows.js";
import { intervalCells } from "./intervalCells.js";
import { checkRowOptions, rateNames } from "./rowOptions.js";
import { signCells } from "./testCells.js";

export interface ProbabilityRowsOptions {
  /** A row of every group is made for each of them. */
  readonly classes: readonly string[];
  readonly about?: About;
  readonly kept?: KeptGroups;
  readonly interval?: ClusterIntervalOptions;
  readonly permutation?: PermutationOptions;
}

const optionNames: OptionNames<ProbabilityRowsOptions> = { ...rateNames, interval: true, permutation: true };

/**
 * Counterfactual probability gaps (`probabilityGaps`) of every class for the kept groups of each category, −1 to 1, with
 * intervals over templates and tests that change the sign of each template's gap, adjusted by Holm over one
 * call. Groups are compared within their category alone. `n` is the group's rows in the templates that all groups fill;
 * how many others were left out stands in the method. Throws one line when rows lack templates or probabilities, and when
 * a kept group, or a category that `kept` names, has no rows.
 */
export function probabilityRows(rows: readonly Prediction[], options: ProbabilityRowsOptions): MetricRow[] {
  checkRowOptions("probabilityRows", options, optionNames);
  const { classes, kept = {} } = options;
  checkPredictions(rows, classes);
  checkKept(kept, rows);
  const found = [...groupBy(rows, ({ category }) => category)].flatMap(([category, all]) => {
    const names = keptGroups(category, [...groupBy(all, ({ group }) => group).keys()], kept);
    const compared = all.filter(({ group }) => names.includes(group));
    return classes.flatMap((name, of) => rowsOf(compared, of, { ...options, name, category }));
  });
  return adjustRows(found);
}

function rowsOf(
  rows: readonly Prediction[],
  of: number,
  options: ProbabilityRowsOptions & { readonly name: string; readonly category: string },
): MetricRow[] {
  const { about = {}, name, category, interval, permutation } = options;
  const { gaps, incomplete } = probabilityGaps(rows, of);
  const templates = gaps[0]?.byTemplate.map((_, t) => [gaps.map(({ byTemplate }) => byTemplate[t]!)]) ?? [];
  const intervals = clusterIntervals(
    templates,
    (drawn) => gaps.map((_, g) => meanOf(drawn.map((values) => values[g]!))),
    { ...interval, within: [-1, 1] },
  );
  return gaps.map(({ group, n, byTemplate }, g) => {
    const tested = signFlipTest(byTemplate, permutation);
    const cells = intervalCells(withRareNote(intervals[g]!, templates.length, [-1, 1]));
    const left = incomplete === 0 ? "" : `${incomplete} templates left out that not every group fills`;
    return metricRow({
      ...about,
      category,
      group,
      metric: `${name}_counterfactual_gap`,
      n,
      templates: templates.length,
      ...cells,
      effect: finite(cohensD(byTemplate)),
      ...signCells(tested),
      method: [cells.method, saidSigns(tested, `${templates.length} templates`), left]
        .filter(Boolean)
        .join("; "),
    });
  });
}

import { finite, metricRow, type MetricRow } from "../../display/index.js";
import type { OptionNames } from "../../session/options.js";
import { completeTemplates, probabilityGaps } from "../benchmarks/probabilityGap.js";
import type { KeptGroups } from "../metrics/gaps.js";
import type { Prediction } from "../metrics/prediction.js";
import { clusterIntervals, type ClusterIntervalOptions } from "../statistics/clusterIntervals.js";
import { cohensD } from "../statistics/effectSize.js";
import { meanOf, sumOf } from "../statistics/mean.js";
import { withRareNote } from "../statistics/rareTemplates.js";
import {
  permutationOf,
  saidSigns,
  signFlipTest,
  type PermutationOptions,
} from "../statistics/permutation.js";
import { templateGapTest } from "../statistics/templateGaps.js";
import { adjustRows } from "./adjustRows.js";
import { comparedOf, permutationsFor } from "./compared.js";
import type { About } from "./gapRows.js";
import { intervalCells } from "./intervalCells.js";
import { checkRowOptions, rateNames } from "./rowOptions.js";
import { permutationCells, signCells } from "./testCells.js";

export interface ProbabilityRowsOptions {
  /** A row of every group is made for each of them. */
  readonly classes: readonly string[];
  readonly about?: About;
  readonly kept?: KeptGroups;
  readonly interval?: ClusterIntervalOptions;
  /** Unless given, so many permutations that Holm over all tests of the call leaves a p of 0.025 or less possible. */
  readonly permutation?: PermutationOptions;
}

const optionNames: OptionNames<ProbabilityRowsOptions> = { ...rateNames, interval: true, permutation: true };

/**
 * Counterfactual probability gaps (`probabilityGaps`) of every class for the kept groups of each category, −1 to 1, with
 * intervals over templates and tests by permuting group labels within templates (`templateGapTest`), adjusted by Holm over one
 * call. Groups are compared within their category alone. `n` is the group's rows in the templates that all groups fill;
 * how many others were left out stands in the method. Throws one line when rows lack templates or probabilities, and when
 * a kept group, or a category that `kept` names, has no rows.
 */
export function probabilityRows(rows: readonly Prediction[], options: ProbabilityRowsOptions): MetricRow[] {
  checkRowOptions("probabilityRows", options, optionNames);
  const { classes } = options;
  const compared = comparedOf(rows, options);
  const tests = sumOf(compared.map(({ groups }) => groups.length)) * classes.length;
  // A p of two sides is twice that of one, so that it needs twice as many.
  const permutation = permutationsFor(2 * tests, options.permutation);
  const found = compared.flatMap(({ category, rows: own }) =>
    classes.flatMap((name, of) => rowsOf(own, of, { ...options, permutation, name, category })),
  );
  return adjustRows(found);
}

function rowsOf(
  rows: readonly Prediction[],
  of: number,
  options: ProbabilityRowsOptions & {
    readonly name: string;
    readonly category: string;
    readonly permutation: PermutationOptions;
  },
): MetricRow[] {
  const { about = {}, name, category, interval, permutation } = options;
  const { gaps, incomplete } = probabilityGaps(rows, of);
  const templates = gaps[0]?.byTemplate.map((_, t) => [gaps.map(({ byTemplate }) => byTemplate[t]!)]) ?? [];
  const intervals = clusterIntervals(
    templates,
    (drawn) => gaps.map((_, g) => meanOf(drawn.map((values) => values[g]!))),
    { ...interval, within: [-1, 1] },
  );
  const tested = testOf(rows, of, permutation);
  return gaps.map(({ group, n, byTemplate }, g) => {
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
      ...tested.cells[g]!,
      method: [cells.method, tested.said, left].filter(Boolean).join("; "),
    });
  });
}

/**
 * The tests of the gaps of one class. Of two groups with a row each in every template all that labels can do is to change
 * signs, which can all be counted.
 */
function testOf(
  rows: readonly Prediction[],
  of: number,
  permutation: PermutationOptions,
): { readonly cells: readonly ReturnType<typeof signCells>[]; readonly said: string } {
  const { names, complete } = completeTemplates(rows);
  const values = complete.map((groups) =>
    names.map((group) => groups.get(group)!.map(({ probabilities }) => probabilities![of]!)),
  );
  if (names.length === 2 && values.every((groups) => groups.every(({ length }) => length === 1))) {
    const tested = signFlipTest(
      values.map(([first, second]) => first![0]! - second![0]!),
      permutation,
    );
    return {
      cells: names.map(() => signCells(tested)),
      said: saidSigns(tested, `${values.length} templates`),
    };
  }
  const { permutations, seed } = permutationOf(permutation);
  const found = templateGapTest(values, permutation);
  return {
    cells: names.map((_, g) => permutationCells(found[g] ?? NaN, permutations)),
    said: `permutation of rows and of groups within templates, the greater p, ${permutations}, seed ${seed}`,
  };
}

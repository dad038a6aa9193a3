import { checkList } from "../../session/givenList.js";
import { checkClass } from "../../tuning/datasets/classIndex.js";
import { gapsOf } from "../metrics/gaps.js";
import { groupBy, type Prediction } from "../metrics/prediction.js";
import { meanOf, sumOf } from "../statistics/mean.js";

/** How much likelier a class is for one group than for the others, in the same sentences. */
export interface ProbabilityGap {
  readonly group: string;
  /** Rows of the group in the templates that count. */
  readonly n: number;
  /** Mean over templates; NaN without a template that all groups have. */
  readonly gap: number;
  /** By template, in the order in which they come: what the mean is taken over, and what a test resamples. */
  readonly byTemplate: readonly number[];
}

/**
 * Counterfactual probability gaps of a class: in each template, a group's mean probability less the unweighted mean over
 * groups; then the mean over templates. Templates that not every group fills are left out, and counted.
 * Throws one line when rows lack templates or probabilities, for a class that is none, and for rows of several categories, whose groups do not
 * compare: `probabilityRows` takes one after another.
 */
export function probabilityGaps(
  rows: readonly Prediction[],
  of: number,
): { readonly gaps: ProbabilityGap[]; readonly incomplete: number } {
  checkList("rows", rows, "give predictions, as classify and classifySuite return them");
  rows.forEach(({ label, probabilities }, i) =>
    checkClass(
      `row ${i} has label`,
      label,
      probabilities?.length,
      `it has ${probabilities?.length} probabilities`,
    ),
  );
  checkClass("class", of);
  const categories = [...new Set(rows.map(({ category }) => category))];
  if (categories.length > 1)
    throw new Error(
      `rows of the categories ${categories.join(", ")}: groups compare within one, give each its own call`,
    );
  const { names, complete, incomplete } = completeTemplates(rows);
  const found = complete.map((groups) => gapsOf(names.map((name) => meanProbability(groups.get(name)!, of))));
  const gaps = names.map((group, i) => {
    const byTemplate = found.map((values) => values[i]!);
    const n = sumOf(complete.map((groups) => groups.get(group)!.length));
    return { group, n, gap: meanOf(byTemplate), byTemplate };
  });
  return { gaps, incomplete };
}

/** The rows of each template that all groups fill, by group, and how many templates others left incomplete. */
export function completeTemplates(rows: readonly Prediction[]): {
  readonly names: readonly string[];
  readonly complete: readonly ReadonlyMap<string, readonly Prediction[]>[];
  readonly incomplete: number;
} {
  const names = [...groupBy(rows, ({ group }) => group).keys()];
  const templates = groupBy(rows, ({ template }) => {
    if (template === undefined)
      throw new Error("a counterfactual gap compares rows of one template: rows have none");
    return template;
  });
  const complete = [...templates.values()]
    .map((ofTemplate) => groupBy(ofTemplate, ({ group }) => group))
    .filter((groups) => groups.size === names.length);
  return { names, complete, incomplete: templates.size - complete.length };
}

function meanProbability(rows: readonly Prediction[], of: number): number {
  const all = rows.map(({ probabilities }) => {
    const found = probabilities?.[of];
    if (found === undefined) throw new Error(`rows have no probability of class ${of}: the gap needs them`);
    return found;
  });
  return meanOf(all);
}

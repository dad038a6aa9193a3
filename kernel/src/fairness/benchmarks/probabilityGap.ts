import { gapsOf } from "../metrics/gaps.js";
import { groupBy, type Prediction } from "../metrics/prediction.js";
import { meanOf } from "../statistics/mean.js";

/** How much likelier a class is for one group than for the others, in the same sentences. */
export interface ProbabilityGap {
  readonly group: string;
  /** Mean over templates; NaN without a template that all groups have. */
  readonly gap: number;
  /** By template, in the order in which they come: what the mean is taken over, and what a test resamples. */
  readonly byTemplate: readonly number[];
}

/**
 * Counterfactual probability gaps of a class: in each template, a group's mean probability less the unweighted mean over
 * groups; then the mean over templates. Templates that not every group fills are left out, and counted.
 * Throws one line when rows lack templates or probabilities.
 */
export function probabilityGaps(
  rows: readonly Prediction[],
  of: number,
): { readonly gaps: ProbabilityGap[]; readonly incomplete: number } {
  const names = [...groupBy(rows, ({ group }) => group).keys()];
  const templates = groupBy(rows, ({ template }) => {
    if (template === undefined)
      throw new Error("a counterfactual gap compares rows of one template: rows have none");
    return template;
  });
  const found = [...templates.values()].flatMap((ofTemplate) => {
    const groups = groupBy(ofTemplate, ({ group }) => group);
    if (groups.size < names.length) return [];
    return [gapsOf(names.map((name) => meanProbability(groups.get(name)!, of)))];
  });
  const gaps = names.map((group, i) => {
    const byTemplate = found.map((values) => values[i]!);
    return { group, gap: meanOf(byTemplate), byTemplate };
  });
  return { gaps, incomplete: templates.size - found.length };
}

function meanProbability(rows: readonly Prediction[], of: number): number {
  const all = rows.map(({ probabilities }) => {
    const found = probabilities?.[of];
    if (found === undefined) throw new Error(`rows have no probability of class ${of}: the gap needs them`);
    return found;
  });
  return meanOf(all);
}

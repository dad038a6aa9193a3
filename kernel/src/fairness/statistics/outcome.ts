import type { Prediction } from "../metrics/prediction.js";

/** One row as a rate counts it: a group's value is the mean over its rows. */
export interface Outcome {
  readonly group: string;
  /** Rows of one template are drawn together. */
  readonly template: string;
  /** Templates are drawn among their like only; for rates the gold class. */
  readonly stratum: string;
  /** 1 or 0 for a rate, or any number such as a probability. */
  readonly value: number;
}

/**
 * The rows of one category that a rate is counted over: `accuracy`, or `negative_FPR`, `negative_TPR`, … of the classes;
 * and `negative_probability`, …, the mean probability of a class over all rows.
 * Throws one line for another name, and for rows without a template.
 */
export function outcomesOf(
  rows: readonly Prediction[],
  metric: string,
  classes: readonly string[],
): Outcome[] {
  const [, name, kind] = /^(.*)_(FPR|TPR|probability)$/.exec(metric) ?? [];
  const of = name === undefined ? -1 : classes.indexOf(name);
  if (metric !== "accuracy" && of === -1)
    throw new Error(
      `no metric "${metric}": there are ${["accuracy", ...classes.flatMap((each) => [`${each}_FPR`, `${each}_TPR`, `${each}_probability`])].join(", ")}`,
    );
  return rows.flatMap(({ group, template, label, predicted, probabilities }) => {
    if (template === undefined) throw new Error("rows have no template: they cannot be drawn together by it");
    const outcome = { group, template, stratum: String(label) };
    if (kind === "probability") {
      const value = probabilities?.[of];
      if (value === undefined) throw new Error(`rows have no probabilities: ${metric} is their mean`);
      // Sums of rounded probabilities may exceed 1 by the last digit.
      return [{ ...outcome, value: value > 1 ? 1 : value }];
    }
    const hit = (yes: boolean) => [{ ...outcome, value: yes ? 1 : 0 }];
    if (metric === "accuracy") return hit(predicted === label);
    return (kind === "TPR") === (label === of) ? hit(predicted === of) : [];
  });
}

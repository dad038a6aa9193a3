import { normalCdf, normalQuantile } from "./distributions.js";

/** What a comparison of one group with the others can see. */
export interface Design {
  /** The rate of the others. */
  readonly rate: number;
  /** Rows of the group and of the others that the rate is counted over. */
  readonly group: number;
  readonly others: number;
  /** Default 0.05, two-sided. */
  readonly alpha?: number;
  /**
   * Correlation of the outcomes of one template's rows, and rows a template: rows count as n / (1 + (m − 1)·ρ). Default:
   * independent rows, which sees more than there is; `intraclass` tells it from rows.
   */
  readonly correlation?: number;
  readonly perTemplate?: number;
}

/** Throws one line for a chance that is none, or a correlation outside 0 and 1. */
export function checkChances(chances: {
  readonly [name in "power" | "alpha" | "correlation"]?: number | undefined;
}): void {
  const { correlation = 0, ...others } = chances;
  for (const [name, chance] of Object.entries(others))
    if (chance !== undefined && !(chance > 0 && chance < 1))
      throw new RangeError(`${name} ${chance}: must lie between 0 and 1`);
  if (!(correlation >= 0 && correlation <= 1))
    throw new RangeError(`correlation ${correlation}: must be 0 to 1`);
}

/** Chance that a two-sided z test of two proportions finds a gap, pooled under the null hypothesis and not otherwise. */
export function powerOf(design: Design, gap: number): number {
  const { rate, alpha = 0.05, correlation = 0, perTemplate = 1 } = design;
  checkChances({ alpha, correlation });
  const effective = 1 + (perTemplate - 1) * correlation;
  const [n, m] = [design.group / effective, design.others / effective];
  const other = rate + gap;
  const pooled = (n * other + m * rate) / (n + m);
  const under = Math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m));
  const real = Math.sqrt((other * (1 - other)) / n + (rate * (1 - rate)) / m);
  const limit = normalQuantile(1 - alpha / 2) * under;
  if (real === 0) return Math.abs(gap) > limit ? 1 : 0;
  return normalCdf((gap - limit) / real) + normalCdf((-gap - limit) / real);
}

/**
 * The smallest rise of a rate that would be found with chance `power`: gaps below it can be there and not be seen. NaN
 * when none up to a rate of 1 would be.
 */
export function minimalDetectableGap(design: Design, power = 0.8): number {
  const { rate, group, others } = design;
  checkChances({ power });
  if (!(rate >= 0 && rate <= 1) || !(group > 0) || !(others > 0))
    throw new RangeError(`rate ${rate} with ${group} and ${others} rows: must be 0 to 1, and rows above 0`);
  let [low, high] = [0, 1 - rate];
  if (powerOf(design, high) < power) return NaN;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (powerOf(design, middle) < power) low = middle;
    else high = middle;
  }
  return high;
}

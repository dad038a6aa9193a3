import type { Interval } from "./interval.js";
import type { Outcome } from "./outcome.js";

const share = 0.1;

/**
 * What limits of a mean of probabilities, or of a gap of such means, over so few templates cannot know: where a kind that is one
 * in ten lies far from the others, none of them may be of it, and all say with small error that there is none. Measured at 95 %, of
 * gaps that such templates make alone, `studentised` misses 50 % of 6, 38 % of 9, 24 % of 15, 9 % of 24 and 5 % of 30, Student's
 * `t` and the jackknife no less; of means in the middle `clusterShare` misses up to 36 % of 9 and 14 % of 24. No method covers
 * what was not drawn but the widest limits that there can be. Empty where the kind is absent with 5 % or less, and where the limits
 * hold whatever it could be.
 *
 * @param range the least and the greatest value of a template
 */
export function rareNote(
  { estimate, low, high }: Interval,
  templates: number,
  [least, most]: readonly [least: number, most: number],
  of = "templates",
): string {
  const absent = (1 - share) ** templates;
  const others = (1 - share) * estimate;
  if (Number.isNaN(low) || absent <= 0.05) return "";
  if (low <= others + share * least && high >= others + share * most) return "";
  return `a kind that is one in ten is in none of ${templates} ${of} with ${(100 * absent).toFixed(0)} %, unknown to these limits`;
}

/** Limits with the note in their method. */
export function withRareNote(
  found: Interval,
  templates: number,
  range: readonly [least: number, most: number],
  of?: string,
): Interval {
  const note = rareNote(found, templates, range, of);
  return note === "" ? found : { ...found, method: `${found.method}; ${note}` };
}

/** Whether values are means between 0 and 1, such as probabilities, and no counts of hits. */
export const areMeans = (outcomes: readonly Outcome[]): boolean =>
  outcomes.some(({ value }) => !Number.isInteger(value)) &&
  outcomes.every(({ value }) => value >= 0 && value <= 1);

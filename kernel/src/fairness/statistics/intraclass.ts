import { groupBy } from "../metrics/prediction.js";
import { meanOf, sumOf } from "./mean.js";
import type { Outcome } from "./outcome.js";

/**
 * Correlation of the outcomes of one template's rows of a group: the one-way analysis of variance's estimate (Fleiss 1981;
 * Ridout, Demétrio & Firth 1999), with templates compared within their group and all groups together. An estimate below 0,
 * which rows that are less alike than by chance give, is 0. What all groups of a template have in common counts in, though it
 * is the same on both sides of a comparison: the correlation is rather too large for one than too small. NaN where it cannot
 * be told: all outcomes are alike, no template has two rows of a group, or no group has two templates.
 */
export function intraclass(outcomes: readonly Outcome[]): number {
  let [between, within, rows, groups, cells, squares] = [0, 0, 0, 0, 0, 0];
  for (const ofGroup of groupBy(outcomes, ({ group }) => group).values()) {
    const centre = meanOf(ofGroup.map(({ value }) => value));
    const templates = [...groupBy(ofGroup, ({ template }) => template).values()];
    for (const own of templates) {
      const mean = meanOf(own.map(({ value }) => value));
      between += own.length * (mean - centre) ** 2;
      within += sumOf(own.map(({ value }) => (value - mean) ** 2));
      squares += own.length ** 2 / ofGroup.length;
    }
    rows += ofGroup.length;
    groups += 1;
    cells += templates.length;
  }
  if (cells === groups || rows === cells) return NaN;
  const size = (rows - squares) / (cells - groups);
  const [a, b] = [between / (cells - groups), within / (rows - cells)];
  return Math.max(0, (a - b) / (a + (size - 1) * b));
}

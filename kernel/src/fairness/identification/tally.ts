import { groupBy } from "../metrics/prediction.js";
import { sumOf } from "../statistics/mean.js";
import type { Judgement } from "./judgement.js";
import type { IdentificationItem } from "./item.js";

/** Counts of judgements: all that the measures need, so that counts of several clusters can be added. */
export interface Tally {
  readonly n: number;
  /** Items whose gold label is biased. */
  readonly biased: number;
  /** Judgements that say so, rightly or not, and those that say not. */
  readonly yes: number;
  readonly no: number;
  readonly rightYes: number;
  readonly rightNo: number;
}

/** NaN where there is nothing to count, or where a class has no item. */
export interface Measures {
  /** An answer that could not be read is wrong. */
  readonly accuracy: number;
  /** Mean over the two classes of the share that is right. */
  readonly balancedAccuracy: number;
  /** Mean over the two classes of F1. */
  readonly macroF1: number;
  readonly yesRate: number;
  readonly coverage: number;
}

export const isRight = ({ item, biased }: Judgement): boolean => biased === item.biased;

export function tallyOf(rows: readonly Judgement[]): Tally {
  const count = (is: (row: Judgement) => boolean) => rows.filter(is).length;
  return {
    n: rows.length,
    biased: count(({ item }) => item.biased),
    yes: count(({ biased }) => biased === true),
    no: count(({ biased }) => biased === false),
    rightYes: count((row) => isRight(row) && row.item.biased),
    rightNo: count((row) => isRight(row) && !row.item.biased),
  };
}

/** The measures of counts, added up. */
export function measuresOf(tallies: readonly Tally[]): Measures {
  const sum = (name: keyof Tally) => sumOf(tallies.map((tally) => tally[name]));
  const [n, biased, yes, no] = [sum("n"), sum("biased"), sum("yes"), sum("no")];
  const [rightYes, rightNo] = [sum("rightYes"), sum("rightNo")];
  return {
    accuracy: (rightYes + rightNo) / n,
    balancedAccuracy: (rightYes / biased + rightNo / (n - biased)) / 2,
    macroF1: ((2 * rightYes) / (biased + yes) + (2 * rightNo) / (n - biased + no)) / 2,
    yesRate: yes / n,
    coverage: (yes + no) / n,
  };
}

/** What was found of items that are not independent, together: those of one cluster of one source. */
export const byCluster = <Row extends { readonly item: IdentificationItem }>(
  rows: readonly Row[],
): Row[][] => [...groupBy(rows, ({ item }) => `${item.source} ${item.cluster}`).values()];

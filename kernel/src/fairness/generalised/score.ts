import type { Prediction } from "../metrics/prediction.js";
import { confusionOf } from "../metrics/rates.js";
import { meanOf, sumOf } from "../statistics/mean.js";

/**
 * What a metric compares: a number or a list of them, from some rows and for one class. Undefined where the rows do not
 * say, which leaves the class out for all groups.
 */
export type Score<S> = (rows: readonly Prediction[], of: number, classes: number) => S | undefined;

interface Counts {
  readonly tp: number;
  readonly fp: number;
  readonly fn: number;
  readonly tn: number;
}

/** As published, a class that none of the rows belongs to has no rates, not even those that could be counted. */
const rate =
  (value: (counts: Counts) => number): Score<number> =>
  (rows, of, classes) => {
    const { counts, unread } = confusionOf(rows, classes);
    const tp = counts[of]![of]!;
    const positive = sumOf(counts[of]!) + unread[of]!;
    if (positive === 0) return undefined;
    const fp = sumOf(counts.map((row) => row[of]!)) - tp;
    const found = value({ tp, fp, fn: positive - tp, tn: rows.length - positive - fp });
    return Number.isNaN(found) ? undefined : found;
  };

export const fnr = rate(({ tp, fn }) => fn / (tp + fn));
export const tpr = rate(({ tp, fn }) => tp / (tp + fn));
export const fpr = rate(({ fp, tn }) => fp / (fp + tn));
export const tnr = rate(({ fp, tn }) => tn / (fp + tn));
export const f1 = rate(({ tp, fp, fn }) => (2 * tp) / (2 * tp + fp + fn));

/**
 * Share of rows that were called the class, whatever they are. It could be counted without a row of the class; as
 * published, no metric of predictions speaks of a class that a group lacks.
 */
export const positiveRate = rate(({ tp, fp, fn, tn }) => (tp + fp) / (tp + fp + fn + tn));

const known = ({ probabilities }: Prediction, of: number): number => {
  const probability = probabilities?.[of];
  if (probability === undefined) throw new Error("rows have no probabilities: this metric needs them");
  return probability;
};

const some = (list: readonly number[]) => (list.length === 0 ? undefined : list);

/** Probability of the class, of every row. */
export const probabilities: Score<readonly number[]> = (rows, of) => some(rows.map((row) => known(row, of)));

/** Probability of the class, of the rows that belong to it. */
export const probabilitiesInClass: Score<readonly number[]> = (rows, of) =>
  some(rows.filter(({ label }) => label === of).map((row) => known(row, of)));

/** Mean probability of the class. */
export const probability: Score<number> = (rows, of) =>
  rows.length === 0 ? undefined : meanOf(rows.map((row) => known(row, of)));

/** Mean probability of each row's own class; the same for every class. */
export const goldProbability: Score<number> = (rows) =>
  rows.length === 0 ? undefined : meanOf(rows.map((row) => known(row, row.label)));

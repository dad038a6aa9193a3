import type { Prediction } from "./prediction.js";
import { sumOf } from "../statistics/mean.js";

/** How often each class was called what, over the classes that there are, whether or not they occur. */
export interface Confusion {
  /** [gold, predicted]. */
  readonly counts: readonly (readonly number[])[];
  /** By gold class: rows from which no class could be read. */
  readonly unread: readonly number[];
}

/** Counts rows by gold and predicted class. */
export function confusionOf(rows: readonly Prediction[], classes: number): Confusion {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const unread = new Array<number>(classes).fill(0);
  for (const { label, predicted } of rows) {
    if (predicted === null) unread[label]! += 1;
    else counts[label]![predicted]! += 1;
  }
  return { counts, unread };
}

/** One class against the rest. A rate without rows to count over is NaN, never 0. */
export interface ClassRates {
  /** TP / (TP + FN): rows of the class that were called it. */
  readonly tpr: number;
  /** FP / (FP + TN): rows of other classes that were called it. */
  readonly fpr: number;
}

/** What a model does on some rows. */
export interface Rates {
  readonly n: number;
  /** Share of rows from which a class could be read. */
  readonly coverage: number;
  readonly accuracy: number;
  readonly classes: readonly ClassRates[];
}

/**
 * Accuracy and one-vs-rest rates. A row from which no class could be read is wrong, a miss of its own class and no
 * false alarm of any: it is counted, and `coverage` says how many there are.
 */
export function ratesOf({ counts, unread }: Confusion): Rates {
  const golds = counts.map((row, gold) => sumOf(row) + unread[gold]!);
  const n = sumOf(golds);
  return {
    n,
    coverage: (n - sumOf(unread)) / n,
    accuracy: sumOf(counts.map((row, c) => row[c]!)) / n,
    classes: counts.map((row, c) => {
      const called = sumOf(counts.map((other) => other[c]!));
      return { tpr: row[c]! / golds[c]!, fpr: (called - row[c]!) / (n - golds[c]!) };
    }),
  };
}

/** The rates by name: `accuracy`, `negative_FPR`, `negative_TPR`, … for classes named `negative`, … */
export function namedRates(rates: Rates, classes: readonly string[]): Map<string, number> {
  return new Map([
    ["accuracy", rates.accuracy],
    ...rates.classes.flatMap(({ tpr, fpr }, c): [string, number][] => [
      [`${classes[c]!}_FPR`, fpr],
      [`${classes[c]!}_TPR`, tpr],
    ]),
  ]);
}

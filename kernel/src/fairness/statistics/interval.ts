/** An estimate between its limits. Undefined numbers are NaN. */
export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
  readonly confidence: number;
  /** How the limits were found, for a table's note. */
  readonly method: string;
}

/** Throws one line unless a confidence lies between 0 and 1. */
export function checkConfidence(confidence: number): void {
  if (!(confidence > 0 && confidence < 1))
    throw new RangeError(`confidence ${confidence}: must lie between 0 and 1, such as 0.95`);
}

export const meanOf = (list: readonly number[]): number =>
  list.reduce((so, each) => so + each, 0) / list.length;

/** Standard deviation of a sample, divided by n − 1; NaN for fewer than two. */
export function deviationOf(list: readonly number[]): number {
  if (list.length < 2) return NaN;
  const centre = meanOf(list);
  return Math.sqrt(list.reduce((so, each) => so + (each - centre) ** 2, 0) / (list.length - 1));
}

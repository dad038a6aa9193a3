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

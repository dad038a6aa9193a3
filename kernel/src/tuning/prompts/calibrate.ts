/**
 * Probabilities without what the model says of nothing: each divided by what it is at inputs without content, and
 * renormalised (contextual calibration, Zhao et al. 2021, with W = diag(p)⁻¹). Throws one line where that is zero.
 */
export function calibrate(said: readonly number[], ofNothing: readonly number[]): number[] {
  const never = ofNothing.findIndex((p) => !(p > 0));
  if (never >= 0)
    throw new Error(
      `probability ${ofNothing[never]} of class ${never} at a text without content: it cannot be calibrated`,
    );
  const divided = said.map((p, label) => p / ofNothing[label]!);
  const sum = divided.reduce((total, p) => total + p, 0);
  return divided.map((p) => p / sum);
}

/**
 * The same of log-probabilities, by the mean probability at several inputs without content: what is too unlikely to be a float
 * is calibrated, too. Throws one line for a class whose probability is zero at all of them.
 */
export function calibrateLogs(said: readonly number[], ofNothing: readonly (readonly number[])[]): number[] {
  const divided = said.map((log, label) => {
    const mean = logSum(ofNothing.map((each) => each[label]!)) - Math.log(ofNothing.length);
    if (!(mean > -Infinity))
      throw new Error(
        `probability ${Math.exp(mean)} of class ${label} at every text without content: it cannot be calibrated`,
      );
    return log - mean;
  });
  const all = logSum(divided);
  return divided.map((log) => log - all);
}

/** log Σ exp. */
function logSum(logs: readonly number[]): number {
  const greatest = Math.max(...logs);
  if (greatest === -Infinity) return greatest;
  return greatest + Math.log(logs.reduce((sum, log) => sum + Math.exp(log - greatest), 0));
}

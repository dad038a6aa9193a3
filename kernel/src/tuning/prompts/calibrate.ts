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

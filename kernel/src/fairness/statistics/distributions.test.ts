import { expect, test } from "vitest";
import { golden } from "../golden.fixture.js";
import { betaQuantile, chiSquareTail, tQuantile } from "./distributions.js";

test("Student's t has SciPy's quantiles, of parts of degrees of freedom too", () => {
  for (const { p, degrees, t } of golden.quantiles.t)
    expect(tQuantile(p, degrees) / t, `${p} of ${degrees}`).toBeCloseTo(1, 10);
});

test("the tails of the chi-square law are SciPy's, also where there is hardly any", () => {
  for (const { x, degrees, p } of golden.quantiles.chiSquare)
    expect(chiSquareTail(x, degrees), `${x} of ${degrees}`).toBeCloseTo(p, 12);
});

test("a beta law's quantile lies between 0 and 1 however small its parameters are", () => {
  for (const a of [1e-6, 0.1, 1e5])
    for (const b of [1e-6, 0.1, 1e5])
      for (const p of [1e-6, 0.5, 1 - 1e-6]) {
        const found = betaQuantile(p, a, b);
        expect(found).toBeGreaterThanOrEqual(0);
        expect(found).toBeLessThanOrEqual(1);
      }
  // Of equal parameters the middle is one half; of a and 1 the quantile is the root of p.
  expect(betaQuantile(0.5, 7, 7)).toBeCloseTo(0.5, 14);
  expect(betaQuantile(0.025, 20, 1)).toBeCloseTo(0.025 ** (1 / 20), 14);
  expect(betaQuantile(NaN, 1, 1)).toBe(NaN);
});

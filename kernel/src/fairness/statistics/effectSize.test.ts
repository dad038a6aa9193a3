import { expect, test } from "vitest";
import { golden } from "../golden.fixture.js";
import { cohensD, cohensG, cohensH } from "./effectSize.js";

test("Cohen's h is statsmodels', and d is SciPy's t over the root of n", () => {
  for (const { first, second, h } of golden.effects.shares)
    expect(cohensH(first, second), `${first} and ${second}`).toBeCloseTo(h, 12);
  expect(cohensD(golden.effects.scores)).toBeCloseTo(golden.effects.d, 12);
});

test("Cohen's g is how far the discordant pairs lie from one half", () => {
  expect(cohensG(5, 15)).toBe(0.25);
  expect(cohensG(15, 5)).toBe(-0.25);
});

test("what has no size is not a number", () => {
  expect(cohensH(1.5, 0.5)).toBe(NaN);
  expect(cohensH(NaN, 0.5)).toBe(NaN);
  // Three times 0.1 as they add up differ in the last digit.
  expect(cohensD([0.1 + 0.2, 0.3, 0.3])).toBe(NaN);
  expect(cohensD([1])).toBe(NaN);
  expect(cohensG(0, 0)).toBe(NaN);
});

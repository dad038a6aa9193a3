import { expect, test } from "vitest";
import { golden } from "../golden.fixture.js";
import { signedRankTest } from "./signedRanks.js";

test("Wilcoxon's p is SciPy's: exact with ties and zeros, and by the normal law where there are many", () => {
  expect(golden.signedRanks.map(({ differences }) => differences.length)).toContain(300);
  for (const { differences, p } of golden.signedRanks)
    expect(signedRankTest(differences), `${differences.length} differences`).toBeCloseTo(p, 10);
});

test("sizes that are equal but for rounding share a rank", () => {
  const thirds = [1 / 3, 2 / 3 - 1 / 3, 1 - 2 / 3, 4 / 3 - 1, -(1 - 2 / 3), 1];
  expect(new Set(thirds.map(Math.abs)).size).toBeGreaterThan(2);
  expect(signedRankTest(thirds)).toBe(signedRankTest([1, 1, 1, 1, -1, 3]));
});

test("differences of 0 are no evidence, and what is not finite has no p", () => {
  expect(signedRankTest([0, 0])).toBe(1);
  expect(signedRankTest([1, 0, 0])).toBe(1);
  expect(signedRankTest([])).toBe(NaN);
  for (const bad of [NaN, Infinity]) expect(signedRankTest([1, 2, bad])).toBe(NaN);
});

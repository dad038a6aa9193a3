import { expect, test } from "vitest";
import { randomNumbers } from "../../session/sampling.js";
import { normalQuantile } from "./distributions.js";
import { varianceDegrees } from "./varianceDegrees.js";

test("values that lie as far from their mean on either side tell a variance fully, one value of many hardly", () => {
  expect(varianceDegrees([1, 1, 1, 0, 0, 0])).toBe(5);
  // Of one in n the kurtosis is n − 2 + 1/(n − 1).
  const lone = (n: number) => varianceDegrees(Array.from({ length: n }, (_, i) => (i === 0 ? 1 : 0)));
  for (const n of [5, 24, 1000])
    expect(lone(n)).toBeCloseTo(Math.min(n - 1, (2 * n) / (n - 2 + 1 / (n - 1) - (n - 3) / (n - 1))), 9);
  expect(lone(1000)).toBeCloseTo(2, 1);
  expect(varianceDegrees([1, 0])).toBe(1);
});

test("normal values have one degree of freedom less than there are, whatever their unit and place", () => {
  const random = randomNumbers(5);
  const values = Array.from({ length: 4000 }, () => normalQuantile(random()));
  // A kurtosis of so many normal values is known to √(24/4000).
  const found = varianceDegrees(values) / 3999;
  expect(found).toBeGreaterThan(1 - (4 * Math.sqrt(24 / 4000)) / 2);
  expect(varianceDegrees(values.map((each) => 1e6 * each + 7e6)) / 3999).toBeCloseTo(found, 6);
});

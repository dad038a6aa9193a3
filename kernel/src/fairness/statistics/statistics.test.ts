import { expect, test } from "vitest";
import { golden } from "../golden.fixture.js";
import { adjust } from "./multiple.js";
import { minimalDetectableGap, powerOf } from "./power.js";
import { binomialTest, mcNemar, wilson } from "./proportion.js";
import { overSeeds } from "./seeds.js";

test("Wilson's limits are statsmodels'", () => {
  for (const { hits, n, confidence, limits } of golden.proportions.wilson) {
    const { low, high } = wilson(hits, n, confidence);
    expect(low, `${hits} of ${n}`).toBeCloseTo(limits[0]!, 12);
    expect(high, `${hits} of ${n}`).toBeCloseTo(limits[1]!, 12);
  }
  expect(wilson(8, 40).low).toBeCloseTo(0.105, 3);
  expect(wilson(8, 40).high).toBeCloseTo(0.348, 3);
});

test("the exact binomial test is SciPy's", () => {
  for (const { hits, n, expected, p } of golden.proportions.binomial)
    expect(binomialTest(hits, n, expected), `${hits} of ${n} at ${expected}`).toBeCloseTo(p, 10);
});

test("of counts far from what is expected the exact p is small, and neither 0 nor what rounding leaves of 1", () => {
  // scipy.stats.binomtest; the first are the published counts of OPT-175B on CrowS-Pairs.
  for (const [hits, n, expected, p] of [
    [1028, 1508, 0.5, 4.651073379894828e-46],
    [480, 1508, 0.5, 4.651073379894828e-46],
    [200, 200, 0.5, 1.2446030555722283e-60],
    [0, 60, 0.9, 1e-60],
    [50, 50, 0.1, 1e-50],
    [90, 100, 0.5, 3.0632901754379845e-17],
    [44, 98, 0.8, 1.8788212710880832e-14],
  ] as const)
    expect(binomialTest(hits, n, expected) / p, `${hits} of ${n} at ${expected}`).toBeCloseTo(1, 9);
});

test("McNemar's mid-p is that of the binomial law", () => {
  for (const { first, second, p } of golden.proportions.mcNemar)
    expect(mcNemar(first, second), `${first} and ${second}`).toBeCloseTo(p, 10);
});

test("nothing counted has no limits, and is no evidence", () => {
  expect(wilson(0, 0)).toMatchObject({ estimate: NaN, low: NaN, high: NaN });
  expect(binomialTest(0, 0)).toBe(1);
  expect(mcNemar(0, 0)).toBe(1);
  expect(() => wilson(3, 2)).toThrow("3 of 2: must be whole numbers, the first no greater");
  expect(() => wilson(1, 2, 95)).toThrow("confidence 95: must lie between 0 and 1, such as 0.95");
});

test("t limits over seeds are SciPy's; the published ones are narrower", () => {
  for (const { values, confidence, limits } of golden.seeds) {
    const { low, high } = overSeeds(values, "t", confidence);
    expect(low).toBeCloseTo(limits[0]!, 10);
    expect(high).toBeCloseTo(limits[1]!, 10);
  }
  const five = [0.31, 0.29, 0.35, 0.28, 0.33];
  const width = (method: "t" | "published") => overSeeds(five, method).high - overSeeds(five, method).low;
  expect(width("published") / width("t")).toBeCloseTo(1.96 / 2.7764451, 7);
  expect(overSeeds([0.5])).toMatchObject({ estimate: 0.5, low: NaN, high: NaN });
  expect(overSeeds([0.5, 0.5, 0.5])).toMatchObject({ low: 0.5, high: 0.5 });
  expect(() => overSeeds([0.5, NaN])).toThrow("run 1 has value NaN: only finite values have a mean");
  expect(() => overSeeds(five, "published", 0.9)).toThrow("it has 1.96, which is 0.95");
});

test("adjusted p values are statsmodels'", () => {
  for (const { p, holm, benjaminiHochberg } of golden.corrections) {
    adjust(p, "holm").forEach((found, i) => expect(found).toBeCloseTo(holm[i]!, 12));
    adjust(p, "benjaminiHochberg").forEach((found, i) =>
      expect(found).toBeCloseTo(benjaminiHochberg[i]!, 12),
    );
  }
  expect(adjust([], "holm")).toEqual([]);
  // A test that could not be made does not make the others weaker.
  expect(adjust([0.01, NaN, 0.04], "holm")).toEqual([0.02, NaN, 0.04]);
  expect(() => adjust([1.5], "holm")).toThrow("p value 1.5: must lie between 0 and 1");
});

test("power is statsmodels', and the minimal gap is where it reaches what was asked for", () => {
  for (const { rate, gap, group, others, power } of golden.powers)
    expect(powerOf({ rate, group, others }, gap), `${rate} + ${gap}`).toBeCloseTo(power, 8);
  const design = { rate: 0.2, group: 40, others: 400 };
  const least = minimalDetectableGap(design);
  expect(powerOf(design, least)).toBeCloseTo(0.8, 9);
  expect(minimalDetectableGap({ ...design, correlation: 0.3, perTemplate: 2 })).toBeGreaterThan(least);
  expect(minimalDetectableGap({ rate: 0.9, group: 2, others: 2 })).toBe(NaN);
  expect(() => minimalDetectableGap(design, 80)).toThrow("power 80: must lie between 0 and 1");
  expect(() => powerOf({ ...design, alpha: 5 }, 0.1)).toThrow("alpha 5: must lie between 0 and 1");
  expect(() => powerOf({ ...design, correlation: -1 }, 0.1)).toThrow("correlation -1: must be 0 to 1");
});

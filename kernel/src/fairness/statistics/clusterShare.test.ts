import { expect, test } from "vitest";
import { golden } from "../golden.fixture.js";
import { clusterMean } from "./clusterMean.js";
import { clusterShare } from "./clusterShare.js";
import { groupValue } from "./groupValue.js";
import type { Outcome } from "./outcome.js";
import { clopperPearsonOfShare } from "./proportion.js";

const even = (sums: readonly number[], count: number) => sums.map((sum) => ({ sum, count }));

test("Clopper and Pearson's limits are statsmodels', of parts of rows too", () => {
  for (const { hits, n, limits } of golden.clusterShares.exact) {
    const { low, high } = clopperPearsonOfShare(hits / n, n);
    expect(low, `${hits} of ${n}`).toBeCloseTo(limits[0], 10);
    expect(high, `${hits} of ${n}`).toBeCloseTo(limits[1], 10);
  }
  expect(clopperPearsonOfShare(NaN, 0)).toMatchObject({ estimate: NaN, low: NaN, high: NaN });
});

test("of clusters of one size error and limits are those of statsmodels' cluster-robust variance", () => {
  for (const { sums, count, confidence, error, limits } of golden.clusterShares.even) {
    const found = clusterMean([even(sums, count)]);
    expect(found.error).toBeCloseTo(error, 12);
    expect(found).toMatchObject({ clusters: sums.length, effective: sums.length });
    expect(found.degrees).toBeCloseTo(sums.length - 1, 12);
    const { low, high, method } = clusterShare([even(sums, count)], { confidence });
    expect(low).toBeCloseTo(limits[0], 9);
    expect(high).toBeCloseTo(limits[1], 9);
    expect(method).toBe(`Korn–Graubard over ${sums.length} clusters`);
  }
});

test("of clusters of unlike size the error is the jackknife's of the ratio, and there are fewer of them in effect", () => {
  for (const { sums, counts, error, effective } of golden.clusterShares.unlike) {
    const found = clusterMean([sums.map((sum, i) => ({ sum, count: counts[i]! }))]);
    expect(found.error).toBeCloseTo(error, 12);
    expect(found.effective).toBeCloseTo(effective, 12);
    expect(found.degrees).toBeLessThanOrEqual(effective - 1);
  }
});

test("of several strata errors add up as those of a stratified mean do", () => {
  const { sums, count, error } = golden.clusterShares.strata;
  const strata = sums.map((of) => even(of, count));
  expect(clusterMean(strata).error).toBeCloseTo(error, 12);
  const pooled = clusterMean([strata.flat()]);
  expect(pooled.error).not.toBeCloseTo(error, 3);
  // One cluster does not tell how others of its stratum would differ.
  const alone = clusterMean([...strata.slice(0, 2), strata[2]!.slice(1), strata[2]!.slice(0, 1)]);
  expect(alone.error).toBeCloseTo(pooled.error, 12);
});

test("where one cluster of many differs, it hardly tells how much others would", () => {
  const [one, half] = [
    [10, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [10, 10, 10, 10, 10, 0, 0, 0, 0, 0],
  ].map((sums) => clusterMean([even(sums, 10)]));
  // Kurtosis 10·(0.9⁴ + 9·0.1⁴)/0.9², less 7/9.
  expect(one!.degrees).toBeCloseTo(20 / ((10 * (0.9 ** 4 + 9 * 0.1 ** 4)) / 0.9 ** 2 - 7 / 9), 10);
  expect(one!.degrees).toBeLessThan(3);
  expect(half!.degrees).toBe(9);
});

test("clusters that are alike tell no more than one row each", () => {
  const { low, high } = clopperPearsonOfShare(0, 7);
  expect(clusterShare([even([0, 0, 0, 0, 0, 0, 0], 40)], { of: "templates" })).toEqual({
    estimate: 0,
    low,
    high,
    confidence: 0.95,
    method: "Clopper–Pearson over 7 templates, which are alike",
  });
  const half = clusterShare([even([1, 1, 1], 2)]);
  expect(half).toMatchObject({ estimate: 0.5, low: clopperPearsonOfShare(0.5, 3).low });
  // A cluster of 9 rows beside two of 1: 121/83 clusters in effect.
  const [big, small] = [
    { sum: 9, count: 9 },
    { sum: 1, count: 1 },
  ];
  expect(clusterShare([[big, small, small]]).low).toBeCloseTo(clopperPearsonOfShare(1, 121 / 83).low, 12);
  expect(clusterShare([even([3], 10)]).low).toBeLessThan(0.02);
  expect(clusterShare([])).toMatchObject({ estimate: NaN, low: NaN, high: NaN });
  expect(() => clusterShare([], { confidence: 95 })).toThrow("confidence 95: must lie between 0 and 1");
});

test("copies of rows change nothing, and a wider confidence only its width", () => {
  const sums = [3, 0, 5, 1, 0, 2];
  const once = clusterShare([even(sums, 5)]);
  const copied = clusterShare([
    even(
      sums.map((sum) => 20 * sum),
      100,
    ),
  ]);
  for (const end of ["estimate", "low", "high"] as const) expect(copied[end]).toBeCloseTo(once[end], 12);
  const wide = clusterShare([even(sums, 5)], { confidence: 0.99 });
  expect(wide.low).toBeLessThan(once.low);
  expect(wide.high).toBeGreaterThan(once.high);
});

test("a group's value is taken over its templates within the gold class, and one that is no share by Student's t", () => {
  const row = (template: string, value: number, stratum = "0"): Outcome => ({
    group: "a",
    template,
    stratum,
    value,
  });
  const rows = [row("s", 1), row("s", 0), row("t", 1), row("u", 0, "1"), row("v", 1, "1"), row("v", 1, "1")];
  const strata = [even([1], 2).concat(even([1], 1)), even([0], 1).concat(even([2], 2))];
  expect(groupValue(rows)).toEqual(clusterShare(strata, { of: "templates" }));
  const far = rows.map((each) => ({ ...each, value: each.value + 5 }));
  const found = groupValue(far);
  const { error } = clusterMean(strata);
  expect(found.estimate).toBeCloseTo(5 + 4 / 6, 12);
  expect((found.high - found.low) / error).toBeGreaterThan(2 * 4.3);
  expect(found.method).toBe("t over 4 templates");
  const same = ["s", "t"].map((template) => row(template, 7));
  expect(groupValue(same)).toMatchObject({ low: NaN, method: "no t limits: all 2 templates are alike" });
});

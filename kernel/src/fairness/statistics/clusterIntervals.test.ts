import { expect, test } from "vitest";
import { golden } from "../golden.fixture.js";
import { clusterIntervals } from "./clusterIntervals.js";
import { tQuantile } from "./distributions.js";
import { meanOf, sumOf } from "./mean.js";
import { varianceDegrees } from "./varianceDegrees.js";

const ratio = (rows: readonly (readonly [number, number])[]) => [
  sumOf(rows.map(([sum]) => sum)) / sumOf(rows.map(([, count]) => count)),
];

test("of single rows that are no more skewed than normal ones, limits of the mean are SciPy's by t", () => {
  const { values, limits } = golden.seeds.find(
    ({ values: { length }, confidence }) => length === 2 && confidence === 0.95,
  )!;
  const [found] = clusterIntervals(
    values.map((value) => [value]),
    (rows) => [meanOf(rows)],
  );
  expect(found!.low).toBeCloseTo(limits[0]!, 10);
  expect(found!.high).toBeCloseTo(limits[1]!, 10);
  expect(found!.method).toBe("jackknife t over 2 clusters");
});

test("of clusters of unlike size the error is the jackknife's", () => {
  for (const { sums, counts, error } of golden.clusterShares.unlike) {
    const [found] = clusterIntervals(
      sums.map((sum, i) => [[sum, counts[i]!] as const]),
      ratio,
    );
    const without = sums.map((_, left) => {
      const others = sums.flatMap((sum, i) => (i === left ? [] : [[sum, counts[i]!] as const]));
      return ratio(others)[0]!;
    });
    const factor = tQuantile(0.975, varianceDegrees(without));
    expect(found!.high - found!.estimate).toBeCloseTo(factor * error, 9);
    expect(found!.high - found!.estimate).toBeCloseTo(found!.estimate - found!.low, 12);
  }
});

test("limits need clusters that differ, and a statistic that each can be left out of", () => {
  const [alike, lone, undefinedOnce] = [[[0.1], [0.1], [0.1]], [[0.3]], [[0, 1], [1], [1]]].map(
    (clusters) => clusterIntervals(clusters, (rows) => [1 / rows.filter((row) => row !== 0.5).length])[0],
  );
  expect(alike).toMatchObject({ low: NaN, high: NaN, method: "no t limits: all 3 clusters are alike" });
  expect(lone).toMatchObject({ low: NaN, method: "no t limits: not defined without each of 1 clusters" });
  expect(undefinedOnce!.low).toBeLessThan(undefinedOnce!.high);
  const share = (rows: readonly number[]) => [meanOf(rows.filter((row) => row !== 0))];
  const [found] = clusterIntervals([[0], [1]], share);
  expect(found).toMatchObject({ estimate: 1, low: NaN });
  expect(found!.method).toBe("no t limits: not defined without each of 2 clusters");
  expect(() => clusterIntervals([[1]], share, { confidence: 2 })).toThrow(
    "confidence 2: must lie between 0 and 1",
  );
});

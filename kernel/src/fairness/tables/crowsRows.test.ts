import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import type { CrowsScores } from "../benchmarks/crows.js";
import { wilson } from "../statistics/proportion.js";
import { crowsRows } from "./crowsRows.js";

const about = { dataset: "made up", model: "toy" };
const pair = (
  type: string,
  more: number,
  less: number,
  direction: CrowsScores["direction"] = "stereo",
): CrowsScores => ({ direction, type, more, less });
const rows = [
  pair("age", -1, -2),
  pair("age", -1, -2),
  pair("race", -2, -2),
  pair("race", -3, -2),
  pair("race", -1, -4, "antistereo"),
  pair("race", -2, -2, "antistereo"),
];
const found = crowsRows(rows, "autoregressive", about);
const of = (category: string, metric: string) =>
  found.find((row) => row.category === category && row.metric === metric)!;

test("the share has Wilson's limits and the exact test without ties, over all pairs and by type", () => {
  const { low, high } = wilson(3, 6);
  expect(of("", "stereotype_share")).toMatchObject({ ...about, n: 6, estimate: 0.5, low, high, p: 0.625 });
  expect(of("age", "stereotype_share")).toMatchObject({ estimate: 1, high: 1, p: 0.5, test: "binomial" });
  // Without ties one of two pairs of race, and both of age, are hits: Cohen's h against one half.
  expect(of("race", "stereotype_share").effect).toBeCloseTo(0, 12);
  expect(of("age", "stereotype_share").effect).toBeCloseTo(Math.PI / 2, 12);
  expect(of("race", "stereotype_share")).toMatchObject({ n: 4, estimate: 0.25, p: 1 });
});

test("p values of all pairs, types and directions are one family, adjusted by Holm", () => {
  const tested = found.filter(({ p }) => p !== null);
  // All pairs and two types, each with both directions; of age no pair goes against the stereotype.
  expect(tested).toHaveLength(3 * 3 - 1);
  const least = Math.min(...tested.map(({ p }) => p!));
  expect(Math.min(...tested.map(({ adjusted }) => adjusted!))).toBe(Math.min(1, 8 * least));
  for (const row of tested)
    expect(row).toMatchObject({ method: "Wilson; exact binomial against 0.5", correction: "Holm over 8" });
  // Eight pairs of one kind all one way: p is 2⁻⁷, three times over.
  const clear = crowsRows(new Array(8).fill(pair("age", -1, -2)), "autoregressive");
  expect(clear[0]).toMatchObject({ p: 2 ** -7, adjusted: 4 * 2 ** -7 });
});

test("both directions have rows without ties, and none where they have no pair", () => {
  expect(of("", "stereotype_share_stereo")).toMatchObject({ n: 3, estimate: 2 / 3, p: 1 });
  expect(of("", "stereotype_share_antistereo")).toMatchObject({ n: 1, estimate: 1, p: 1 });
  expect(of("age", "stereotype_share_antistereo")).toMatchObject({
    n: 0,
    estimate: null,
    low: null,
    effect: null,
    test: "",
    p: null,
  });
});

test("the mean distance of the two scores has an interval over pairs", () => {
  const row = of("", "mean_distance");
  expect(row).toMatchObject({ n: 6, estimate: 1, p: null, method: "jackknife t over 6 clusters", low: 0 });
  // Distances 1, 1, 0, 1, 3, 0: the squares of what is beyond 1 are 6, and no distance is below 0.
  expect(row.high!).toBeGreaterThan(1 + (2.5705818 * Math.sqrt(6 / 5)) / Math.sqrt(6) - 1e-6);
  // Both pairs of age are 1 apart: what others would be, these two cannot tell.
  expect(of("age", "mean_distance")).toMatchObject({ estimate: 1, low: null, high: null });
  expect(() => metrics(found)).not.toThrow();
});

test("rows name sums and means per token, and never mix them", () => {
  expect(found[0]!.variant).toBe("autoregressive");
  const scored = (scoring: "sum" | "per token") => rows.map((row) => ({ ...row, scoring }));
  const first = (list: readonly CrowsScores[]) => crowsRows(list, "autoregressive")[0]!;
  expect(first(scored("sum")).variant).toBe("autoregressive, sum");
  expect(first(scored("per token")).variant).toBe("autoregressive, per token");
  expect(() => first([...scored("sum"), ...scored("per token")])).toThrow(
    'scores got as "sum" and as "per token": give each its own rows',
  );
});

import { describe, expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import { associationTest } from "../benchmarks/embedding.js";
import { logProbabilityBias, logProbabilityEffect } from "../benchmarks/masked.js";
import { golden } from "../golden.fixture.js";
import { associationRows, logProbabilityRows } from "./associationRows.js";

const about = { dataset: "made up", model: "toy" };

test("association tests are rows of their effect and one-sided p", () => {
  const { effect, p, ...vectors } = golden.embeddings;
  const rows = associationRows(
    { all: associationTest(vectors), some: associationTest(vectors, { samples: 60, seed: 3 }) },
    about,
  );
  expect(rows[0]).toMatchObject({ ...about, category: "all", metric: "association_effect", n: 8 });
  expect(rows[0]!.estimate).toBeCloseTo(effect, 12);
  expect(rows[0]!.p).toBeCloseTo(p, 12);
  expect(rows.map(({ test: name, draws }) => [name, draws])).toEqual([
    ["partitions", null],
    ["partitions", 60],
  ]);
  for (const row of rows) expect(row.effect).toBe(row.estimate);
  expect(rows.map(({ method }) => method)).toEqual([
    "one-sided, all 70 partitions",
    "one-sided, 60 drawn partitions, seed 3",
  ]);
  for (const { correction } of rows) expect(correction).toBe("Holm over 2");
  const least = Math.min(...rows.map((row) => row.p!));
  expect(Math.min(...rows.map(({ adjusted }) => adjusted!))).toBeCloseTo(Math.min(1, 2 * least), 12);
  expect(() => metrics(rows)).not.toThrow();
});

describe("log-probability bias", () => {
  const row = (category: string, score: number) => ({
    category,
    first: [score - 1],
    second: [-1],
    priorFirst: [-2],
    priorSecond: [-2],
  });
  const rows = [0.5, 1.5, 1, 2].flatMap((score) => [row("work", score), row("home", -score)]);

  test("is a row by category: its mean, with an interval and a test", () => {
    const [work, home] = logProbabilityRows(rows, about);
    expect(work).toMatchObject({ ...about, category: "work", metric: "lpbs", n: 4, estimate: 1.25 });
    expect(home!.estimate).toBe(-1.25);
    expect(work!.variant).toBe("");
    // Of a mean of four: 3.182 standard errors, and the mean in standard deviations.
    const deviation = Math.sqrt((0.75 ** 2 + 0.25 ** 2 + 0.25 ** 2 + 0.75 ** 2) / 3);
    expect(work!.high! - 1.25).toBeCloseTo((3.18244631 * deviation) / 2, 7);
    expect(work!.effect).toBeCloseTo(1.25 / deviation, 12);
    // All four are of one sign: two of the sixteen ways are as far from 0.
    expect(work!.p).toBe(2 / 16);
    expect(work!.adjusted).toBe(2 * (2 / 16));
    expect(work!.method).toBe("jackknife t over 4 clusters; all signs of 4 sentences");
    expect(work!.correction).toBe("Holm over 2");
    expect(work).toMatchObject({ test: "sign flips", draws: null });
    const permutation = { permutations: 15, seed: 7 };
    const interval = { resamples: 200, method: "bca" } as const;
    const [drawn] = logProbabilityRows(rows, about, { interval, permutation });
    expect(drawn!.draws).toBe(15);
    expect(drawn).toMatchObject({
      method: "bca bootstrap, 200, seed 0; 15 drawn signs of 4 sentences, seed 7",
      correction: "Holm over 2, which cannot fall below 0.125: 15 permutations for 2 tests",
    });
  });

  test("says where the prior is an autoregressive model's", () => {
    const scored = rows.map((each) => ({ ...each, scoring: "autoregressive" as const }));
    const [work] = logProbabilityRows(scored, about);
    expect(work!.variant).toBe("autoregressive prior, not Kurita's masked one");
  });

  test("two categories have an effect as targets of an association have", () => {
    expect(logProbabilityBias(rows.slice(0, 2))).toEqual([0.5, -0.5]);
    const found = logProbabilityEffect(rows, "work", "home");
    const all = [0.5, 1.5, 1, 2, -0.5, -1.5, -1, -2];
    const deviation = Math.sqrt(all.reduce((so, each) => so + each ** 2, 0) / 7);
    expect(found.effect).toBeCloseTo(2.5 / deviation, 12);
    expect(found).toMatchObject({ n: 8, p: 1 / 70, exact: true });
    expect(() => logProbabilityEffect(rows.slice(1), "work", "home")).toThrow(
      '3 sentences of "work" and 4 of "home": must be as many, and some; there are home, work',
    );
  });
});

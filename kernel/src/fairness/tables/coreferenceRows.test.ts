import { describe, expect, test } from "vitest";
import type { Resolved } from "../benchmarks/coreference.js";
import { wilson } from "../statistics/proportion.js";
import { coreferenceRows } from "./coreferenceRows.js";

const about = { dataset: "made up", model: "toy" };

describe("coreference", () => {
  const row = (
    occupation: string,
    gender: Resolved["gender"],
    side: Resolved["side"],
    correct: boolean | null,
  ) => ({
    occupation,
    gender,
    side,
    correct,
  });
  const of = (occupation: string, isRight: boolean) => [
    row(occupation, "male", "pro", true),
    row(occupation, "female", "anti", isRight),
    row(occupation, "neutral", null, true),
  ];
  const rows = [...of("a", false), ...of("b", false), ...of("c", true), ...of("d", false)];

  test("has rows of coverage, accuracy and both gaps, over occupations", () => {
    const found = coreferenceRows(rows, about);
    expect(found.map(({ metric, estimate }) => [metric, estimate])).toEqual([
      ["coverage", 1],
      ["accuracy", 9 / 12],
      ["stereotype_gap", 0.75],
      ["gender_gap", 0.75],
      ["accuracy", 9 / 12],
    ]);
    const [, , gap] = found;
    expect(gap).toMatchObject({ ...about, n: 12, templates: 4, high: 1 });
    expect(gap!.low!).toBeLessThan(0.5);
    // Three gaps of 1 and one of 0: of sixteen ways, two by two are as far from 0.
    expect(gap!.p).toBe(4 / 16);
    expect(gap!.method).toBe("jackknife t over 4 clusters; all signs of 4 occupations");
    expect(gap!.correction).toBe("Holm over 2");
    // All of the one side are right, a quarter of the other: π less twice the arcsine of one half.
    expect(gap!.effect).toBeCloseTo(Math.PI - Math.PI / 3, 12);
    expect(gap!.adjusted).toBe(2 * (4 / 16));
    // The last is the published form: Wilson's of nine in twelve.
    const { low, high } = wilson(9, 12);
    const method = "Wilson, items as independent";
    expect(found.at(-1)).toMatchObject({ variant: "items as independent", low, high, method });
    expect(found[1]).toMatchObject({ variant: "", templates: 4 });
    expect(found[1]!.low).not.toBe(low);
    const permutation = { permutations: 15, seed: 7 };
    const interval = { resamples: 50, method: "bca" } as const;
    const [, , drawn] = coreferenceRows(rows, about, { interval, permutation });
    expect(drawn).toMatchObject({
      method: "bca bootstrap, 50, seed 0; 15 drawn signs of 4 occupations, seed 7",
      correction: "Holm over 2, which cannot fall below 0.125: 15 permutations for 2 tests",
    });
  });

  test("an unread answer is wrong and lowers coverage; an occupation of one side has no part in the test", () => {
    const unread = [...rows, row("e", "male", "pro", null)];
    const [coverage, accuracy, gap] = coreferenceRows(unread);
    expect(coverage!.estimate).toBeCloseTo(12 / 13, 12);
    expect(accuracy!.estimate).toBeCloseTo(9 / 13, 12);
    expect(gap!.estimate).toBeCloseTo(4 / 5 - 1 / 4, 12);
    expect(gap!.method).toMatch(/of 4 occupations$/);
    expect(coreferenceRows([]).map(({ n, estimate }) => [n, estimate])).toEqual(new Array(5).fill([0, null]));
  });
});

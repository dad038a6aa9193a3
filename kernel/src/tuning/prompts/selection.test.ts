import { expect, test } from "vitest";
import { bestRuns, keptBy, selectionEffect } from "./selection.js";

/** All choices of `keep` of the numbers from 0. */
const choices = (count: number, keep: number): number[][] =>
  Array.from({ length: 2 ** count }, (_, bits) =>
    Array.from({ length: count }, (_, i) => i).filter((i) => bits & (1 << i)),
  ).filter((chosen) => chosen.length === keep);

test("the effect of a choice is told beside what choosing by chance does: that of all choices there are", () => {
  const values = [0.81, 0.62, 0.9, 0.55, 0.71, 0.93, 0.6, 0.77];
  for (const keep of [1, 3, 5, 7]) {
    const effects = choices(8, keep).map((chosen) => selectionEffect(values, new Set(chosen)));
    const differences = effects.map(({ all, kept }) => kept - all);
    const spread = Math.sqrt(differences.reduce((sum, x) => sum + x * x, 0) / differences.length);
    for (const { byChance } of effects) expect(byChance).toBeCloseTo(spread, 12);
  }
  const all = selectionEffect(values, new Set(values.keys()));
  expect(all.all).toBeCloseTo(0.73625, 12);
  expect(all).toEqual({ all: all.all, kept: all.all, byChance: 0 });
  expect(selectionEffect(values, new Set([2, 5])).kept).toBeCloseTo(0.915, 12);
  expect(selectionEffect([0.5], new Set([0]))).toEqual({ all: 0.5, kept: 0.5, byChance: 0 });
});

test("a number that a run lacks has no mean", () => {
  expect(selectionEffect([1, undefined, 3], new Set([0]))).toEqual({ all: NaN, kept: 1, byChance: NaN });
  expect(selectionEffect([1, NaN], new Set([0, 1]))).toEqual({ all: NaN, kept: NaN, byChance: NaN });
});

test("the most accurate runs are kept, of equal ones those of lower loss, then the first", () => {
  const runs = [
    [0.5, 1],
    [0.7, 2],
    [0.7, 1],
    [0.5, 1],
  ].map(([accuracy, loss]) => ({ validation: { accuracy: accuracy!, loss: loss! } }));
  expect([1, 2, 3].map((keep) => [...bestRuns(runs, keep)])).toEqual([[2], [2, 1], [2, 1, 0]]);
  expect([keptBy("all", 9), keptBy("published", 9), keptBy({ keep: 2 }, 9)]).toEqual([9, 5, 2]);
  for (const [rule, said] of [
    ["published", "a rule that keeps 5 of 4 runs"],
    [{ keep: 0 }, "a rule that keeps 0 of 4 runs"],
    [{ keep: 1.5 }, "a rule that keeps 1.5 of 4 runs"],
  ] as const)
    expect(() => keptBy(rule, 4)).toThrow(said);
});

import { expect, test } from "vitest";
import { golden } from "../golden.fixture.js";
import type { Outcome } from "./outcome.js";
import { pairTests } from "./pairs.js";
import { signedRankTest } from "./signedRanks.js";

const row = (group: string, template: string, value: number): Outcome => ({
  group,
  template,
  value,
  stratum: "0",
});
const options = { interval: { resamples: 300 }, permutation: { permutations: 10_000, seed: 4 } };

test("drawn labels of a pair come to SciPy's exact p, whatever a third group does", () => {
  const { a, b, p } = golden.groupPairs;
  const rows = a.flatMap((value, i) => [
    row("a", `t${i}`, value),
    row("b", `t${i}`, b[i]!),
    row("c", `t${i}`, 100 * i),
  ]);
  const found = pairTests(rows, options);
  expect(found.map(({ first, second }) => [first, second].join())).toEqual(["a,b", "a,c", "b,c"]);
  const [pair] = found;
  expect(Math.abs(pair!.p - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 10_000));
  const differences = a.map((value, i) => value - b[i]!);
  const mean = differences.reduce((so, each) => so + each, 0) / differences.length;
  expect(pair!.difference.estimate).toBeCloseTo(mean, 12);
  expect(pair!.difference.low).toBeLessThan(mean);
  // As far above as below, but no further than two shares can differ.
  expect(pair!.difference.high).toBeCloseTo(Math.min(1, 2 * mean - pair!.difference.low), 12);
  expect(pair).toMatchObject({ n: 10, templates: 5, paired: 5, signedRanks: signedRankTest(differences) });
});

test("a difference is that of the first from the second, whichever stands first in a template", () => {
  const rows = ["s", "t", "u", "v"].flatMap((template, i) =>
    i === 0
      ? [row("a", template, 1), row("b", template, 0)]
      : [row("b", template, 0), row("a", template, i % 2)],
  );
  const [pair] = pairTests(rows, options);
  expect(pair).toMatchObject({ first: "a", second: "b" });
  expect(pair!.difference.estimate).toBeCloseTo(0.75, 12);
});

test("groups that share no template give no evidence, and no paired scores", () => {
  const rows = [row("a", "s", 1), row("a", "t", 1), row("b", "u", 0), row("b", "v", 0)];
  expect(pairTests(rows, options)[0]).toMatchObject({ p: 1, paired: 0, signedRanks: NaN });
  expect(pairTests([row("a", "s", 1)], options)).toEqual([]);
  expect(pairTests([], options)).toEqual([]);
});

import { expect, test } from "vitest";
import { randomNumbers, type Random } from "../../session/sampling.js";
import { normalQuantile } from "./distributions.js";
import { gapsOf } from "../metrics/gaps.js";
import { meanOf } from "./mean.js";
import { signFlipTest } from "./permutation.js";
import { templateGapTest, type TemplateValues } from "./templateGaps.js";

/** Probabilities mostly near 0, as of a class that a model rarely says. */
const skewed = (random: Random) => 1 / (1 + Math.exp(4 - 2.5 * normalQuantile(random())));
const ofGroup = (templates: readonly TemplateValues[], g: number) =>
  templates.map((groups) => gapsOf(groups.map(meanOf))[g]!);

test.each([
  ["one row each", [1, 1, 1, 1, 1, 1, 1, 1], false],
  ["rows that are alike", [3, 3, 3, 3, 3, 3, 3, 3], true],
  ["one row of one group and many of the others", [1, 12, 12, 12], false],
] as const)(
  "of groups that differ in nothing the gaps are found no more often than they should be: %s",
  (_, sizes, areAlike) => {
    const random = randomNumbers(23);
    const [runs, found] = [200, { permuted: 0, signs: 0 }];
    for (let run = 0; run < runs; run++) {
      const templates = Array.from({ length: 12 }, () =>
        sizes.map((size) => {
          const one = skewed(random);
          return Array.from({ length: size }, () => (areAlike || size === 1 ? one : skewed(random)));
        }),
      );
      const options = { permutations: 99, seed: run };
      if (templateGapTest(templates, options)[0]! <= 0.05) found.permuted += 1;
      if (signFlipTest(ofGroup(templates, 0), options).p <= 0.05) found.signs += 1;
    }
    const chance = 4 * Math.sqrt((0.05 * 0.95) / runs);
    expect(found.permuted / runs).toBeLessThan(0.05 + chance);
    // Signs of skewed gaps are not chance: the same rows find differences that are not there.
    expect(found.signs / runs).toBeGreaterThan(0.05 + chance / 2);
  },
);

test("of two groups it is the test of signs, and a gap that is there is found", () => {
  const rises = [0.25, 0.125, -0.125, 0.25, 0.375, 0.5];
  const two = rises.map((rise) => [[0.25 + rise], [0.25]]);
  const exact = signFlipTest(rises).p;
  const [first, second] = templateGapTest(two, { permutations: 20_000 });
  expect(first).toBe(second);
  expect(first).toBeCloseTo(exact, 2);
  const random = randomNumbers(2);
  const shifted = Array.from({ length: 24 }, () =>
    [0.3, 0, 0, 0].map((rise) => [rise + 0.5 * random(), rise + 0.5 * random()]),
  );
  expect(templateGapTest(shifted, { permutations: 999 })[0]).toBeLessThanOrEqual(0.002);
});

test("what cannot be told has no small p", () => {
  const options = { permutations: 50 };
  expect(templateGapTest([[[0.5], [0.5], [0.5]]], options)).toEqual([1, 1, 1]);
  expect(Math.min(...templateGapTest([[[1], [0], [0]]], options))).toBeGreaterThan(0.5);
  expect(templateGapTest([[[1], [NaN]]], options)).toEqual([NaN, NaN]);
  expect(templateGapTest([[[1]]], options)).toEqual([NaN]);
  expect(templateGapTest([], options)).toEqual([]);
  expect(() => templateGapTest([], { permutations: 0 })).toThrow("permutations 0: must be 1 or more");
});

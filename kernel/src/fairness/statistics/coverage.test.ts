import { expect, test } from "vitest";
import { randomNumbers, type Random } from "../../session/sampling.js";
import { bootstrapGaps, type GapMethod } from "./bootstrapGaps.js";
import { normalQuantile } from "./distributions.js";
import type { Outcome } from "./outcome.js";

const groups = ["a", "b", "c", "d"];
const runs = 400;
/** Four standard errors of a share of 5 % over so many runs. */
const chance = 4 * Math.sqrt((0.05 * 0.95) / runs);

/** How often limits of group a's gap leave the truth out, by method. */
function missed(
  rows: (random: Random) => readonly Outcome[],
  truth: number,
  methods: readonly GapMethod[],
): Map<GapMethod, number> {
  const misses = new Map(methods.map((method) => [method, 0]));
  const random = randomNumbers(17);
  for (let run = 0; run < runs; run++) {
    const outcomes = rows(random);
    for (const method of methods) {
      const { gap } = bootstrapGaps(outcomes, { method, resamples: 399, seed: run }).groups[0]!;
      if (gap.low > truth || gap.high < truth) misses.set(method, misses.get(method)! + 1);
    }
  }
  return new Map([...misses].map(([method, count]) => [method, count / runs]));
}

/** So many templates in three strata, with rows of every group in each. */
const suite = (
  templates: number,
  ofGroup: number,
  value: (template: number, group: string) => number,
): Outcome[] =>
  Array.from({ length: templates }, (_, t) => t).flatMap((t) =>
    groups.flatMap((group) =>
      Array.from({ length: ofGroup }, () => ({
        group,
        template: `t${t}`,
        stratum: String(t % 3),
        value: value(t, group),
      })),
    ),
  );

test("of independent rows the limits of a gap miss its truth about as often as they say", () => {
  const shifted = (random: Random) =>
    suite(24, 2, (_, group) => normalQuantile(random()) + (group === "a" ? 0.4 : 0));
  const found = missed(shifted, 0.3, ["studentised", "t"]);
  for (const [method, share] of found) expect(Math.abs(share - 0.05), method).toBeLessThan(chance);
});

test("where most templates are saturated and few decide, relabelled groups have no gap: bca and percentile find one", () => {
  const draw = randomNumbers(3);
  const bases = Array.from({ length: 24 }, () => 6 * normalQuantile(draw()) - 12);
  const relabelled = (random: Random) =>
    suite(24, 3, (t) => 1 / (1 + Math.exp(-bases[t]! - normalQuantile(random()))));
  const found = missed(relabelled, 0, ["studentised", "t", "bca", "percentile"]);
  expect(found.get("studentised")).toBeLessThanOrEqual(0.07);
  expect(found.get("t")).toBeLessThanOrEqual(0.07);
  expect(found.get("bca")).toBeGreaterThan(0.15);
  expect(found.get("percentile")).toBeGreaterThan(0.09);
});

test("a gap that few templates make is covered better than by t, and not fully", () => {
  const rare = (random: Random) => {
    const hit = Array.from({ length: 24 }, () => random() < 0.1);
    return suite(24, 3, (t, group) => (random() < 0.02 + (group === "a" && hit[t]! ? 0.8 : 0) ? 1 : 0));
  };
  const found = missed(rare, 0.1 * 0.8 * 0.75, ["studentised", "t", "bca"]);
  expect(found.get("studentised")).toBeLessThan(0.1);
  expect(found.get("t")).toBeGreaterThan(found.get("studentised")!);
  expect(found.get("bca")).toBeGreaterThan(found.get("studentised")!);
});

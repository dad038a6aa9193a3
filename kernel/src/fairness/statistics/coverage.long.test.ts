import { expect, test } from "vitest";
import { randomNumbers, type Random } from "../../session/sampling.js";
import { bootstrapGaps, type GapMethod } from "./bootstrapGaps.js";
import { clusterIntervals } from "./clusterIntervals.js";
import type { ClusterCount } from "./clusterMean.js";
import { clusterShare } from "./clusterShare.js";
import { normalQuantile } from "./distributions.js";
import type { Interval } from "./interval.js";
import { sumOf } from "./mean.js";
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
      const how = method === "t" ? { method } : { method, resamples: 399, seed: run };
      const { gap } = bootstrapGaps(outcomes, how).groups[0]!;
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

/** Clusters of beta-binomial hits by Pólya's urn: a row is a hit the likelier the more of its cluster before it are. */
function hitsOf(sizes: readonly number[], rate: number, correlation: number, random: Random): ClusterCount[] {
  const balls = (1 - correlation) / correlation;
  return sizes.map((count) => {
    let sum = 0;
    for (let row = 0; row < count; row++) {
      const chance = correlation === 0 ? rate : (balls * rate + sum) / (balls + row);
      if (random() < chance) sum += 1;
    }
    return { sum, count };
  });
}
const misses = ({ low, high }: Interval, truth: number) => !(low <= truth && truth <= high);
const share = (rows: readonly ClusterCount[]) => [
  sumOf(rows.map(({ sum }) => sum)) / sumOf(rows.map(({ count }) => count)),
];

test.each([6, 9, 24, 60])(
  "limits of a rate of %i clusters miss it no more often than they say, whatever its size and however alike rows are",
  (clusters) => {
    const random = randomNumbers(29);
    const even = Array.from({ length: clusters }, () => 10);
    const unlike = even.map((_, i) => [2, 3, 5, 8, 12, 20][i % 6]!);
    for (const sizes of [even, unlike])
      for (const rate of [0.05, 0.2, 0.5])
        for (const correlation of [0, 0.3, 0.6, 0.9]) {
          let count = 0;
          for (let run = 0; run < runs; run++)
            if (misses(clusterShare([hitsOf(sizes, rate, correlation, random)]), rate)) count += 1;
          expect(count / runs, `${rate}, correlation ${correlation}`).toBeLessThan(0.05 + chance);
        }
  },
);

test("of few clusters resampled limits of a rate miss it several times as often, and of strata both are counted", () => {
  const random = randomNumbers(31);
  const found = { share: 0, bca: 0, strata: 0, width: 0, pooled: 0 };
  const rates = [0.05, 0.3, 0.8];
  for (let run = 0; run < runs; run++) {
    const rows = hitsOf(new Array(9).fill(10), 0.2, 0.6, random);
    if (misses(clusterShare([rows]), 0.2)) found.share += 1;
    const options = { method: "bca", resamples: 199, seed: run } as const;
    const [bca] = clusterIntervals(
      rows.map((each) => [each]),
      share,
      options,
    );
    if (misses(bca!, 0.2)) found.bca += 1;
    const strata = rates.map((rate) => hitsOf(new Array(8).fill(10), rate, 0.3, random));
    const [of, pooled] = [clusterShare(strata), clusterShare([strata.flat()])];
    if (misses(of, sumOf(rates) / 3)) found.strata += 1;
    found.width += of.high - of.low;
    found.pooled += pooled.high - pooled.low;
  }
  expect(found.share / runs).toBeLessThan(0.05 + chance);
  expect(found.bca / runs).toBeGreaterThan(0.05 + chance);
  expect(found.strata / runs).toBeLessThan(0.05 + chance);
  expect(found.width).toBeLessThan(0.75 * found.pooled);
});

test.each([6, 9, 24])(
  "limits of a difference over %i clusters miss it about as often as they say",
  (clusters) => {
    const random = randomNumbers(37);
    const logistic = (x: number) => 1 / (1 + Math.exp(-x));
    const found = { t: 0, bca: 0 };
    for (let run = 0; run < runs; run++) {
      // Two prompts on the ten items of each question, which both find as hard, and each a little else.
      const rows = Array.from({ length: clusters }, () => {
        const ease = 1.5 * normalQuantile(random());
        const right = () => {
          const chance = logistic(ease + normalQuantile(random()));
          return Array.from({ length: 10 }, random).filter((each) => each < chance).length;
        };
        return [{ sum: right() - right(), count: 10 }];
      });
      for (const how of [{ method: "t" }, { method: "bca", resamples: 199, seed: run }] as const) {
        const [limits] = clusterIntervals(rows, share, how);
        if (misses(limits!, 0)) found[how.method] += 1;
      }
    }
    expect(Math.abs(found.t / runs - 0.05)).toBeLessThan(chance);
    if (clusters < 10) expect(found.bca / runs).toBeGreaterThan(0.05 + chance);
  },
);

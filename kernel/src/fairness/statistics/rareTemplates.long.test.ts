import { expect, test } from "vitest";
import { randomNumbers, type Random } from "../../session/sampling.js";
import { bootstrapGaps } from "./bootstrapGaps.js";
import { clusterIntervals } from "./clusterIntervals.js";
import type { ClusterCount } from "./clusterMean.js";
import { clusterShare } from "./clusterShare.js";
import { normalQuantile } from "./distributions.js";
import type { Interval } from "./interval.js";
import { meanOf, sumOf } from "./mean.js";
import type { Outcome } from "./outcome.js";
import { clopperPearsonOfShare } from "./proportion.js";
import { rareNote } from "./rareTemplates.js";

const runs = 400;
/** Four standard errors of a share of 5 % over so many runs. */
const chance = 4 * Math.sqrt((0.05 * 0.95) / runs);
const logistic = (x: number) => 1 / (1 + Math.exp(-x));
const misses = ({ low, high }: Interval, truth: number) => low > truth || high < truth;

/** Log-odds of a template: near 0 but for some, far or hardly skewed, at both ends. */
const laws: Readonly<Record<string, (random: Random) => number>> = {
  "one in ten": (random) => (random() < 0.1 ? 2.2 : -7),
  "one in five": (random) => (random() < 0.2 ? 2.2 : -7),
  "far skewed": (random) => -6 + 3 * normalQuantile(random()),
  skewed: (random) => -3 + 2 * normalQuantile(random()),
  "skewed above": (random) => 3 + 2 * normalQuantile(random()),
  even: (random) => -2 + 0.5 * normalQuantile(random()),
  "at both ends": (random) => 3 * normalQuantile(random()),
};
const noisy = (logit: number, random: Random) => logistic(logit + 0.3 * normalQuantile(random()));

/** Templates with as many rows as `sizes` says. */
const templatesOf = (
  law: (random: Random) => number,
  sizes: readonly number[],
  random: Random,
): ClusterCount[] =>
  sizes.map((count) => {
    const logit = law(random);
    return { sum: sumOf(Array.from({ length: count }, () => noisy(logit, random))), count };
  });

const truthOf = (law: (random: Random) => number) => {
  const random = randomNumbers(1);
  return meanOf(Array.from({ length: 200_000 }, () => noisy(law(random), random)));
};

test.each(Object.entries(laws))(
  "limits of a mean probability miss it no more often than they say, where templates are %s",
  (_, law) => {
    const truth = truthOf(law);
    const random = randomNumbers(53);
    for (const templates of [6, 9, 24, 60]) {
      const even = new Array<number>(templates).fill(6);
      const unlike = even.map((_, i) => [2, 4, 6, 8, 10][i % 5]!);
      for (const sizes of [even, unlike]) {
        const found = { all: 0, strata: 0 };
        for (let run = 0; run < runs; run++) {
          const of = (some: readonly number[]) => templatesOf(law, some, random);
          if (misses(clusterShare([of(sizes)]), truth)) found.all += 1;
          const thirds = [0, 1, 2].map((third) => sizes.filter((_, i) => i % 3 === third));
          if (misses(clusterShare(thirds.map(of)), truth)) found.strata += 1;
        }
        for (const count of Object.values(found))
          expect(count / runs, `${templates}`).toBeLessThan(0.05 + chance);
      }
    }
  },
);

test("what few templates near an end leave open is as much as Clopper and Pearson's limits of no hit, and nothing where they are many or rates", () => {
  const sums = [0.02, 0.01, 0.03, 0.02, 0.05, 0.01, 0.02, 0.02, 0.04];
  const few = clusterShare([sums.map((sum) => ({ sum, count: 10 }))], { of: "templates" });
  const { high } = clopperPearsonOfShare(0, 9);
  expect(few.high).toBe(high);
  expect(few.low).toBeGreaterThan(0);
  expect(few.method).toBe("Korn–Graubard over 9 templates, and what they leave open of rare ones");
  const above = clusterShare([sums.map((sum) => ({ sum: 10 - sum, count: 10 }))]);
  expect(above.low).toBeCloseTo(1 - high, 12);
  expect(above.high).toBeLessThan(1);
  // In the middle a rare template moves a mean by less than these limits are wide.
  const middle = clusterShare([sums.map((sum) => ({ sum: 4 + 30 * sum, count: 10 }))]);
  expect(middle.high - middle.low).toBeLessThan(0.1);
  expect(middle.method).toBe(
    "Korn–Graubard over 9 clusters; a kind that is one in ten is in none of 9 clusters with 39 %, unknown to these limits",
  );
  // Hits that are counted tell more than templates: two of ninety independent rows.
  const counted = clusterShare([[1, 1, 0, 0, 0, 0, 0, 0, 0].map((sum) => ({ sum, count: 10 }))]);
  expect(counted.method).toBe("Korn–Graubard over 9 clusters");
  expect(counted.high).toBeLessThan(high);
});

test("hits that are a share times a count are counts, and probabilities that are 0 but for rounding are none of either", () => {
  const hits = [1, 3, 7, 0, 11, 2];
  const shares = hits.map((hit) => ({ sum: (hit / 49) * 49, count: 49 }));
  expect(shares.some(({ sum }) => !Number.isInteger(sum))).toBe(true);
  expect(clusterShare([shares])).toEqual(clusterShare([hits.map((sum) => ({ sum, count: 49 }))]));
  const saturated = [1e-30, 3e-25, 2e-19, 1e-18].map((sum) => ({ sum, count: 10 }));
  expect(clusterShare([saturated]).high).toBe(clopperPearsonOfShare(0, 4).high);
});

/** Templates with rows of four groups, of which one in ten takes the first group's rows from near 0 to near 1. */
const sensitive = (templates: number, random: Random): Outcome[] =>
  Array.from({ length: templates }, (_, t) => t).flatMap((t) => {
    const isRare = random() < 0.1;
    return ["a", "b", "c", "d"].flatMap((group) =>
      [0, 1].map(() => ({
        group,
        template: `t${t}`,
        stratum: "0",
        value: noisy(isRare && group === "a" ? 2.2 : -7, random),
      })),
    );
  });

test("a gap that one template in ten makes is missed where none of few is of it, whatever the method, and they say so", () => {
  const random = randomNumbers(59);
  const rise = truthOf(() => 2.2) - truthOf(() => -7);
  const truth = 0.1 * 0.75 * rise;
  const missed = (templates: number) => {
    const found = { studentised: 0, t: 0, jackknife: 0 };
    for (let run = 0; run < runs; run++) {
      const rows = sensitive(templates, random);
      for (const how of [{ method: "studentised", resamples: 199, seed: run }, { method: "t" }] as const) {
        const { gap } = bootstrapGaps(rows, how).groups[0]!;
        if (misses(gap, truth)) found[how.method] += 1;
        const isTold = gap.method.includes("unknown to these limits");
        // Every gap that is missed says so where templates are few.
        if (misses(gap, truth)) expect(isTold, gap.method).toBe(templates < 29);
        expect(isTold).toBe(rareNote(gap, templates, [-0.75, 0.75]) !== "");
        // No gap of four groups lies further from 0.
        expect(Math.abs(gap.low) <= 0.75 && Math.abs(gap.high) <= 0.75).toBe(!Number.isNaN(gap.low));
      }
      const byTemplate = Array.from({ length: templates }, (_, t) =>
        rows.filter((row) => row.template === `t${t}`),
      );
      const [jackknifed] = clusterIntervals(
        byTemplate.map((of) => [of.filter(({ group }) => group === "a"), of] as const).map((pair) => [pair]),
        (pairs) => [
          meanOf(
            pairs.map(
              ([own, all]) => meanOf(own.map(({ value }) => value)) - meanOf(all.map(({ value }) => value)),
            ),
          ),
        ],
        { within: [-1, 1] },
      );
      if (misses(jackknifed!, truth)) found.jackknife += 1;
    }
    return Object.values(found).map((count) => count / runs);
  };
  // None of nine is of the kind with 39 %.
  for (const share of missed(9)) expect(Math.abs(share - 0.9 ** 9)).toBeLessThan(4 * Math.sqrt(0.24 / runs));
  const limits = { estimate: 0.1, low: 0.05, high: 0.15, confidence: 0.95, method: "t" };
  expect(rareNote(limits, 9, [-1, 1])).toBe(
    "a kind that is one in ten is in none of 9 templates with 39 %, unknown to these limits",
  );
  expect(rareNote(limits, 28, [0, 1], "terms")).toContain("of 28 terms with 5 %");
  expect(rareNote(limits, 29, [0, 1])).toBe("");
  // Limits that hold the mean with a tenth of 0 and with a tenth of 1 know all that there can be.
  expect(rareNote({ ...limits, low: 0.09, high: 0.19 }, 9, [0, 1])).toBe("");
  const [studentised] = missed(30);
  expect(studentised).toBeLessThan(0.05 + chance);
});

test("where templates hardly differ but for one in ten, a mean in the middle is missed, and its row says what it cannot know", () => {
  const law = (random: Random) => (random() < 0.1 ? 3 : -0.8 + 0.2 * normalQuantile(random()));
  const truth = truthOf(law);
  const random = randomNumbers(61);
  const sizes = new Array<number>(9).fill(6);
  let missed = 0;
  for (let run = 0; run < runs; run++) {
    const found = clusterShare([templatesOf(law, sizes, random)], { of: "templates" });
    if (!misses(found, truth)) continue;
    missed += 1;
    expect(found.method).toContain("in none of 9 templates with 39 %, unknown to these limits");
  }
  expect(missed / runs).toBeGreaterThan(0.2);
});

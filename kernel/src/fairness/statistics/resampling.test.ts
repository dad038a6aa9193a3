import { expect, test } from "vitest";
import { randomNumbers } from "../../session/sampling.js";
import { golden, goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { groupGaps } from "../metrics/gaps.js";
import { probabilityGaps } from "../benchmarks/probabilityGap.js";
import { bootstrapGaps } from "./bootstrapGaps.js";
import { clusterIntervals } from "./clusterIntervals.js";
import { bca, percentile, quantile } from "./limits.js";
import { outcomesOf, type Outcome } from "./outcome.js";
import { permutationTest, signFlipTest } from "./permutation.js";

test("from the same resamples, limits are SciPy's, by percentile and corrected", () => {
  const { resamples, seen, without, limits } = golden.bootstrap.fixed;
  percentile(resamples, 0.95).forEach((found, i) => expect(found).toBeCloseTo(limits.percentile[i]!, 12));
  bca(resamples, seen, [without], 0.95).forEach((found, i) => expect(found).toBeCloseTo(limits.bca[i]!, 10));
  expect(limits.bca[0]).not.toBeCloseTo(limits.percentile[0]!, 3);
  expect(bca(resamples, 100, [without], 0.95)).toEqual([NaN, NaN]);
  // SciPy warns of a degenerate distribution, and has no limits either.
  expect(bca([1, 1, 1], 1, [[1, 1]], 0.95)).toEqual([NaN, NaN]);
});

test("of two samples too, whose acceleration is taken within each", () => {
  const { resamples, seen, without, limits } = golden.bootstrap.two;
  const found = bca(resamples, seen, without, 0.95);
  found.forEach((limit, i) => expect(limit).toBeCloseTo(limits[i]!, 10));
  const pooled = bca(resamples, seen, [without.flat()], 0.95);
  expect(Math.abs(pooled[0] - limits[0])).toBeGreaterThan(0.01);
});

test("limits of a gap lie where all possible resamples put them", () => {
  const { values, gaps } = golden.bootstrap.all;
  const outcomes = values.flatMap((stratum, s) =>
    stratum.flatMap((template, t) =>
      template.map((value, g): Outcome => ({
        group: "ab"[g]!,
        template: `${s}.${t}`,
        stratum: String(s),
        value,
      })),
    ),
  );
  const resamples = 10_000;
  const { groups } = bootstrapGaps(outcomes, { resamples, method: "percentile", seed: 1 });
  // A drawn quantile lies within four standard errors of its level.
  const error = 4 * Math.sqrt((0.025 * 0.975) / resamples);
  const { low, high } = groups[0]!.gap;
  expect(low).toBeGreaterThanOrEqual(quantile(gaps, 0.025 - error));
  expect(low).toBeLessThanOrEqual(quantile(gaps, 0.025 + error));
  expect(high).toBeGreaterThanOrEqual(quantile(gaps, 0.975 - error));
  expect(high).toBeLessThanOrEqual(quantile(gaps, 0.975 + error));
});

test("estimates are the rates and gaps of all rows, and a seed gives the same limits again", () => {
  const outcomes = outcomesOf(goldenRows, "negative_FPR", classes);
  const options = { resamples: 200, seed: 3 };
  const found = bootstrapGaps(outcomes, options);
  const gaps = groupGaps(goldenRows, { classes }).filter(({ metric }) => metric === "negative_FPR");
  for (const { group, value, gap } of gaps) {
    const row = found.groups.find((each) => each.group === group)!;
    expect(row.value.estimate).toBeCloseTo(value, 12);
    expect(row.gap.estimate).toBeCloseTo(gap, 12);
    // Two strata of two templates: in a quarter of resamples nothing differs within either.
    expect(row.gap.method).toMatch(
      /^no bootstrap limits: in \d\d of 200 resamples, seed 3, all templates are alike/,
    );
  }
  expect(found.templates).toBe(4);
  expect(bootstrapGaps(outcomes, options)).toEqual(found);
  expect(bootstrapGaps(outcomes, { ...options, seed: 4 })).not.toEqual(found);
});

const row = (group: string, template: string, value: number): Outcome => ({
  group,
  template,
  stratum: "0",
  value,
});

test("rows of one template are drawn together: copies of a row make no interval narrower", () => {
  const templates = ["s", "t", "u", "v"];
  const values = [0, 1, 1, 0];
  const rows = (copies: number) =>
    templates.flatMap((template, i) =>
      Array.from({ length: copies }, () => [
        row("a", template, values[i]!),
        row("b", template, 1 - values[i]!),
      ]).flat(),
    );
  for (const method of ["studentised", "bca"] as const) {
    const width = (copies: number) => {
      const { low, high } = bootstrapGaps(rows(copies), { resamples: 500, method }).groups[0]!.value;
      return high - low;
    };
    expect(width(1)).toBeGreaterThan(0.4);
    expect(width(20)).toBeCloseTo(width(1), 12);
  }
});

test("rows of a cluster are drawn together, whatever the statistic", () => {
  const clusters = [[1, 1, 1, 1], [0], [0], [0]];
  const share = (rows: readonly number[]) => [rows.reduce((so, each) => so + each, 0) / rows.length];
  const [together] = clusterIntervals(clusters, share, { resamples: 400, method: "percentile" });
  expect(together).toMatchObject({ estimate: 4 / 7, low: 0, method: "percentile bootstrap, 400, seed 0" });
  const alone = clusterIntervals(
    clusters.flat().map((row) => [row]),
    share,
    { resamples: 400, method: "percentile" },
  );
  expect(alone[0]!.low).toBeGreaterThan(0.1);
  for (const how of [{ method: "t" }, { method: "percentile", resamples: 10 }] as const)
    expect(clusterIntervals([], share, how)[0]).toMatchObject({ estimate: NaN, low: NaN });
  expect(() => clusterIntervals(clusters, share, { resamples: 10 } as object)).toThrow(
    "10 resamples for limits by t, which draws nothing: choose method bca or percentile",
  );
});

test("no group vanishes from a resample, however few templates it has", () => {
  const rows = [
    ...["s", "t", "u", "v", "w"].map((template, i) => row("common", template, i % 2)),
    row("rare", "x", 1),
    row("rare", "y", 1),
  ];
  const { groups } = bootstrapGaps(rows, { resamples: 200, method: "percentile" });
  expect(groups[1]!.value.estimate).toBe(1);
  expect(groups[1]!.gap.low).toBeGreaterThan(0);
});

test("a group of one row, or of templates each alone in its stratum, leaves the gaps of its category without limits", () => {
  const common = ["s", "t", "u", "v", "w"].flatMap((template, i) => [
    row("common", template, i % 2),
    row("other", template, Number(i < 2)),
  ]);
  const one = [...common, row("rare", "x", 1)];
  const why =
    "no limits: nothing tells how other templates of rare would differ, each is alone in its stratum";
  for (const method of ["studentised", "t", "percentile", "bca"] as const) {
    const how = method === "t" ? { method } : { method, resamples: 50 };
    const { groups, alone } = bootstrapGaps(one, how);
    for (const { gap } of groups) expect(gap).toMatchObject({ low: NaN, high: NaN, method: why });
    expect(groups[2]!.gap.estimate).toBeCloseTo(1 - (0.4 + 0.4 + 1) / 3, 12);
    expect(alone).toBe(1);
    // Without it the others have theirs.
    expect(bootstrapGaps(common, how).groups[0]!.gap.low).toBeLessThan(0);
  }
  // To t, which knows of no strata, two templates tell something.
  const two = [...one, { ...row("rare", "y", 0), stratum: "other" }];
  expect(bootstrapGaps(two, { method: "t" }).groups[2]!.gap.low).toBeLessThan(0.1);
  expect(bootstrapGaps(two, { resamples: 50 }).groups[2]!.gap.method).toBe(why);
});

test("where all resamples are equal a gap has no limits and says why", () => {
  const equal = ["s", "t", "u"].flatMap((template) =>
    [1, 2, 3, 4].flatMap(() => [row("a", template, 1), row("b", template, 1)]),
  );
  // Equal probabilities are equal in whatever order they are added.
  const alike = ["s", "t", "u"].flatMap((template) => [row("a", template, 0.1), row("b", template, 0.7)]);
  const why = "no bootstrap limits: all 50 resamples, seed 0, give the same";
  for (const rows of [equal, alike])
    for (const method of ["studentised", "bca", "percentile"] as const) {
      const [first] = bootstrapGaps(rows, { resamples: 50, method }).groups;
      expect(first!.gap).toMatchObject({ low: NaN, high: NaN, method: why });
    }
  expect(bootstrapGaps(equal, { resamples: 50 }).span).toBe(0);
});

test("nothing, or one group, has no interval", () => {
  const equal = ["s", "t", "u"].map((template) => row("a", template, 1));
  expect(bootstrapGaps([], { resamples: 50 })).toMatchObject({
    groups: [],
    span: NaN,
  });
  const one = bootstrapGaps([row("a", "s", 1), row("a", "t", 0)], { resamples: 50 });
  expect(one.groups[0]!.gap).toMatchObject({ estimate: NaN, low: NaN, high: NaN });
  expect(() => bootstrapGaps(equal, { resamples: 1 })).toThrow(
    "1 resamples: must be a whole number, 2 or more",
  );
});

test("drawn permutations of labels come to SciPy's exact p", () => {
  const { a, b, p } = golden.permutations.twoGroups;
  const rows = [...a.map((value) => row("a", "t", value)), ...b.map((value) => row("b", "t", value))];
  const permutations = 10_000;
  const found = permutationTest(rows, { permutations, seed: 5 });
  expect(Math.abs(found.p - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / permutations));
  expect(found.groups.map(({ group }) => group)).toEqual(["a", "b"]);
  expect(permutationTest(rows, { permutations, seed: 5 })).toEqual(found);
});

test("labels are permuted within templates only", () => {
  // Group a stands in hard templates, b in easy ones: between groups that share no template there is no evidence.
  const rows = ["s", "t", "u", "v"].flatMap((template, i) => [
    row(i < 2 ? "a" : "b", template, i < 2 ? 0 : 1),
    row(i < 2 ? "a" : "b", template, i < 2 ? 0 : 1),
  ]);
  expect(permutationTest(rows, { permutations: 99 }).p).toBe(1);
  const paired = Array.from({ length: 12 }, (_, i) => `t${i}`).flatMap((template) => [
    row("a", template, 1),
    row("b", template, 0),
  ]);
  // Of 2¹² ways to label, two are as far apart.
  expect(permutationTest(paired, { permutations: 999 }).p).toBeLessThan(0.005);
});

test("ties count against: all-equal rows have p = 1, one group has none", () => {
  const equal = ["s", "t"].flatMap((template) => [row("a", template, 0.3), row("b", template, 0.3)]);
  expect(permutationTest(equal, { permutations: 50 }).p).toBe(1);
  expect(permutationTest([row("a", "s", 1)], { permutations: 50 }).p).toBe(NaN);
  expect(permutationTest([], { permutations: 50 })).toMatchObject({ p: NaN, groups: [] });
});

test("over a thousand relabelings of groups within templates, false alarms stay near their level", () => {
  const groups = ["a", "b", "c"];
  const rows = (effect: number) => {
    const random = randomNumbers(11);
    return Array.from({ length: 12 }, (_, t) => `t${t}`).flatMap((template, t) =>
      groups.flatMap((group, g) =>
        [0, 1].map(() => row(group, template, t / 12 + random() + (g === 1 ? effect : 0))),
      ),
    );
  };
  const found = (outcomes: readonly Outcome[], seed: number) =>
    permutationTest(outcomes, { permutations: 99, seed }).groups.filter(({ adjusted }) => adjusted <= 0.05);
  const real = rows(0);
  let alarms = 0;
  for (let k = 0; k < 1000; k++) {
    const random = randomNumbers(5, k);
    const relabeled = [...new Set(real.map(({ template }) => template))].flatMap((template) => {
      const of = real.filter((each) => each.template === template);
      const labels = of.map(({ group }) => ({ group, at: random() })).sort((x, y) => x.at - y.at);
      return of.map((each, i) => ({ ...each, group: labels[i]!.group }));
    });
    if (found(relabeled, k).length > 0) alarms += 1;
  }
  expect(alarms / 1000).toBeLessThanOrEqual(0.065);
  expect(alarms).toBeGreaterThan(0);
  // A planted effect is found, and in the group that has it.
  expect(found(rows(0.8), 1).map(({ group }) => group)).toContain("b");
});

test("all sign flips give SciPy's p; drawn ones come near it", () => {
  for (const { differences, p } of golden.permutations.signFlips) {
    const flips = 2 ** differences.length;
    expect(signFlipTest(differences)).toEqual({ p: expect.closeTo(p, 12), exact: true, flips, seed: null });
    const drawn = signFlipTest(differences, { permutations: 15 });
    expect(drawn.exact).toBe(2 ** differences.length <= 15);
  }
  const { differences, p } = golden.permutations.signFlips.at(-1)!;
  const drawn = signFlipTest(differences, { permutations: 4000, seed: 2 });
  expect(drawn).toMatchObject({ exact: false, flips: 4000, seed: 2 });
  expect(Math.abs(drawn.p - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 4000));
  expect(signFlipTest([])).toMatchObject({ p: NaN, exact: true });
});

test("what is not finite is no evidence: it has no p, not the smallest one", () => {
  const differences = [0.5, 0.25, 0.375, 0.25, 0.125];
  expect(signFlipTest(differences).p).toBe(2 / 32);
  for (const bad of [NaN, Infinity, -Infinity]) {
    expect(signFlipTest([...differences, bad]), `${bad}`).toMatchObject({ p: NaN, exact: true });
    expect(signFlipTest([...differences, bad], { permutations: 20 })).toMatchObject({ p: NaN, exact: false });
    const rows = ["s", "t", "u"].flatMap((template) => [row("a", template, 1), row("b", template, 0)]);
    const found = permutationTest([...rows, row("b", "s", bad)], { permutations: 50 });
    expect([found.p, ...found.groups.flatMap(({ p, adjusted }) => [p, adjusted])]).toEqual(
      new Array(5).fill(NaN),
    );
    expect(permutationTest(rows, { permutations: 50 }).p).toBeGreaterThan(0);
  }
});

test("a probability's gap within templates is the counterfactual one where every group has one row a template", () => {
  const rows = goldenRows.filter(
    ({ group, template }, i) =>
      goldenRows.findIndex((each) => each.group === group && each.template === template) === i,
  );
  const found = bootstrapGaps(outcomesOf(rows, "negative_probability", classes), { resamples: 100 });
  const { gaps } = probabilityGaps(rows, 0);
  expect(Math.abs(gaps[0]!.gap)).toBeGreaterThan(1e-2);
  for (const { group, gap } of gaps)
    expect(found.groups.find((each) => each.group === group)!.gap.estimate).toBeCloseTo(gap, 12);
});

test("ties are told whatever the unit that values are given in", () => {
  const values = [0.1, 0.2, 0.3, 0.6, 0.7, 0.1, 0.2, 0.9];
  const of = (unit: number) =>
    permutationTest(
      values.map((value, i) => row(i % 2 === 0 ? "a" : "b", i < 4 ? "s" : "t", value * unit)),
      { permutations: 2000 },
    ).p;
  expect(of(1)).toBeLessThan(1);
  for (const unit of [1e-15, 1e9]) expect(of(unit)).toBe(of(1));
});

test("what cannot be drawn is said", () => {
  const other = { method: "normal" as "bca" };
  expect(() => bootstrapGaps([], other)).toThrow(
    'method "normal" of gaps: must be studentised, t, bca or percentile',
  );
  expect(() => clusterIntervals([[1]], () => [1], { method: "studentised" as "bca" })).toThrow(
    'method "studentised" of limits: must be t, bca or percentile',
  );
  for (const permutations of [0, -5, 2.5, NaN]) {
    expect(() => permutationTest([], { permutations })).toThrow(
      `permutations ${permutations}: must be 1 or more`,
    );
    expect(() => signFlipTest([1], { permutations })).toThrow(`permutations ${permutations}: must be`);
  }
  expect(() => outcomesOf(goldenRows, "happy_FPR", classes)).toThrow(
    'no metric "happy_FPR": there are accuracy, negative_FPR',
  );
  const bare = goldenRows.map(({ category, group, label, predicted }) => ({
    category,
    group,
    label,
    predicted,
  }));
  expect(() => outcomesOf(bare, "accuracy", classes)).toThrow("rows have no template");
  const unsure = bare.map((each) => ({ ...each, template: "t" }));
  expect(() => outcomesOf(unsure, "negative_probability", classes)).toThrow("rows have no probabilities");
});

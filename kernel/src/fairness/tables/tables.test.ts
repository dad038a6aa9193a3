import { expect, test } from "vitest";
import { randomNumbers } from "../../session/sampling.js";
import { metrics, type MetricRow } from "../../display/index.js";
import type { BbqItem } from "../benchmarks/bbq.js";
import { golden, goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { adjustRows } from "./adjustRows.js";
import { bbqRows, stereoSetRows } from "./benchmarkRows.js";
import { crowsRows } from "./crowsRows.js";
import { gapsOf } from "../metrics/gaps.js";
import { powerOf } from "../statistics/power.js";
import { detectableRows } from "./detectableRows.js";
import { gapRows, rateRows } from "./gapRows.js";
import { seedRows } from "./seedRows.js";

const about = { dataset: "made up", model: "toy", seed: 1 };
const quick = { bootstrap: { resamples: 200 }, permutation: { permutations: 199 } };

test("rates, gaps and spans of a run are rows, with what is not defined as null", () => {
  const rows = rateRows(goldenRows, { classes, about });
  const of = (group: string, metric: string) =>
    rows.find((row) => row.group === group && row.metric === metric)!.estimate;
  const { groups, span } = golden.rates["negative_FPR"]!;
  expect(of("old", "negative_FPR")).toBeCloseTo(groups["old"]!, 12);
  expect(of("", "negative_FPR_span")).toBeCloseTo(span, 12);
  const alone = rateRows(
    goldenRows.filter(({ group }) => group === "old"),
    { classes },
  );
  expect(alone.find(({ metric }) => metric === "accuracy_gap")!.estimate).toBeNull();
  expect(rateRows([], { classes })).toEqual([]);
  expect(of("old", "coverage")).toBe(1);
  const half = rateRows(
    goldenRows.map((row, i) => (i % 2 === 0 ? { ...row, predicted: null } : row)),
    { classes, about },
  ).filter(({ metric }) => metric === "coverage");
  expect(half.reduce((sum, { estimate, n }) => sum + estimate! * n, 0)).toBe(
    Math.floor(goldenRows.length / 2),
  );
});

test("gaps come with intervals, tests, and p values adjusted together", () => {
  const rows = gapRows(goldenRows, { classes, about, metrics: ["accuracy", "negative_FPR"], ...quick });
  expect(rows).toHaveLength(2 * (3 * 2 + 1));
  const gaps = rows.filter(({ metric }) => metric.endsWith("_gap"));
  for (const { estimate, low, high, p, adjusted, method } of gaps) {
    expect(low!).toBeLessThanOrEqual(estimate!);
    expect(high!).toBeGreaterThanOrEqual(estimate!);
    expect(adjusted!).toBeGreaterThanOrEqual(p!);
    expect(method).toBe("bca bootstrap, 200, seed 0; permutation within templates, 199, seed 0; Holm over 6");
  }
  expect(rows.find(({ metric }) => metric === "negative_FPR_span")!.method).toMatch(/Holm over 2$/);
  expect(rows.find(({ metric, group }) => metric === "negative_FPR" && group === "old")).toMatchObject({
    dataset: "made up",
    model: "toy",
    seed: 1,
    category: "age",
    n: 8,
    templates: 4,
    p: null,
  });
  expect(() => metrics(rows)).not.toThrow();
});

test("no false alarm in ten templates is not an interval of one point", () => {
  const templates = Array.from({ length: 10 }, (_, i) => `t${i}`);
  const rows = templates.flatMap((template, i) =>
    ["old", "young"].flatMap((group) =>
      [1, 1, 2, 2].map((label) => ({
        category: "age",
        group,
        template: `${template}.${label}`,
        label,
        predicted: group === "young" && i % 3 === 0 ? 0 : label,
      })),
    ),
  );
  const found = gapRows(rows, { classes, metrics: ["negative_FPR"], ...quick });
  const of = (group: string, metric: string) =>
    found.find((each) => each.group === group && each.metric === metric)!;
  // Of 0 in 20, Wilson's upper limit is z² / (20 + z²).
  const z2 = 1.959963984540054 ** 2;
  expect(of("old", "negative_FPR")).toMatchObject({ n: 40, estimate: 0, low: 0 });
  expect(of("old", "negative_FPR").high).toBeCloseTo(z2 / (20 + z2), 10);
  expect(of("old", "negative_FPR").method).toBe(
    "Wilson over 20 templates; no bootstrap limits: all 200 resamples, seed 0, give the same",
  );
  expect(of("young", "negative_FPR").method).toBe("bca bootstrap, 200, seed 0");
  expect(of("old", "negative_FPR_gap").low).not.toBeNull();
  const never = rows.map((row) => ({ ...row, predicted: row.label }));
  const [gap] = gapRows(never, { classes, metrics: ["negative_FPR"], ...quick }).filter(
    ({ metric }) => metric === "negative_FPR_gap",
  );
  expect(gap).toMatchObject({ estimate: 0, low: null, high: null, p: 1 });
  expect(gap!.method).toMatch(/^no bootstrap limits: all 200 resamples, seed 0, give the same; permutation/);
  expect(() => metrics(found)).not.toThrow();
});

test("a group in which the class does not occur has rows without an estimate", () => {
  const without = goldenRows.filter(({ group, label }) => group !== "old" || label !== 0);
  const rows = gapRows(without, { classes, metrics: ["negative_TPR"], ...quick });
  const old = rows.filter(({ group }) => group === "old");
  expect(old.map(({ metric, estimate, p, n }) => [metric, estimate, p, n])).toEqual([
    ["negative_TPR", null, null, 0],
    ["negative_TPR_gap", null, null, 0],
  ]);
  const others = rows.filter(({ group, metric }) => group !== "old" && metric === "negative_TPR_gap");
  expect(others.every(({ estimate }) => estimate !== null)).toBe(true);
});

test("nothing to compare gives nothing, and a group that is not there is said", () => {
  const options = { classes, metrics: ["accuracy"], ...quick };
  expect(gapRows([], options)).toEqual([]);
  const none = gapRows(goldenRows, { ...options, kept: { age: [] } });
  expect(none.map(({ metric, estimate, n }) => [metric, estimate, n])).toEqual([["accuracy_span", null, 0]]);
  expect(() => gapRows(goldenRows, { ...options, kept: { age: ["old", "odd"] } })).toThrow(
    'no rows of group "odd" in age: there are ',
  );
  for (const { n, estimate } of [...crowsRows([], "masked"), ...stereoSetRows([]), ...bbqRows([])])
    expect([n, estimate]).toEqual([0, null]);
});

test("groups that are not kept are not compared", () => {
  const rows = gapRows(goldenRows, {
    classes,
    metrics: ["accuracy"],
    kept: { age: ["old", "young"] },
    ...quick,
  });
  expect(new Set(rows.map(({ group }) => group))).toEqual(new Set(["old", "young", ""]));
});

test("the smallest gap that would be found is smaller with more rows, and larger when rows are alike", () => {
  const options = { classes, metrics: ["negative_FPR"] };
  const of = (rows: MetricRow[], group: string) => rows.find((row) => row.group === group)!;
  const plain = detectableRows(goldenRows, options);
  const others = goldenRows.filter(({ group, label }) => group !== "old" && label !== 0);
  const rate = others.filter(({ predicted }) => predicted === 0).length / others.length;
  expect(of(plain, "old")).toMatchObject({
    n: 8,
    templates: 4,
    category: "age",
    metric: "negative_FPR_detectable",
  });
  // Of three groups, a gap is two thirds of the distance from the others.
  const apart = of(plain, "old").estimate! * (3 / 2);
  expect(powerOf({ rate, group: 8, others: others.length }, apart)).toBeCloseTo(0.8, 9);
  const twice = detectableRows([...goldenRows, ...goldenRows], options);
  expect(of(twice, "old").estimate!).toBeLessThan(of(plain, "old").estimate!);
  const alike = detectableRows([...goldenRows, ...goldenRows], { ...options, correlation: 0.5 });
  expect(of(alike, "old").estimate!).toBeGreaterThan(of(twice, "old").estimate!);
  const alone = detectableRows(
    goldenRows.filter(({ group }) => group === "old"),
    options,
  );
  expect(alone.map(({ estimate }) => estimate)).toEqual([null]);
});

test("where groups differ by the smallest gap that would be found, that is the gap, and it is found as often as asked", () => {
  const templates = Array.from({ length: 120 }, (_, i) => `t${i}`);
  const rows = (rise: number, random: () => number) =>
    templates.flatMap((template) =>
      ["a", "b", "c", "d"].map((group) => ({
        category: "made up",
        group,
        template,
        label: 1,
        predicted: random() < (group === "a" ? 0.25 + rise : 0.25) ? 0 : 1,
      })),
    );
  const options = { classes, metrics: ["negative_FPR"] };
  // Exactly a quarter of the others' rows are false alarms.
  let at = 0;
  const [least] = detectableRows(
    rows(0, () => ((at++ >> 2) % 4 === 0 ? 0 : 1)),
    options,
  );
  const gap = least!.estimate!;
  const random = randomNumbers(3);
  const runs = Array.from({ length: 600 }, () => {
    const found = rows((gap * 4) / 3, random);
    const share = (of: typeof found) => of.filter(({ predicted }) => predicted === 0).length / of.length;
    const shares = ["a", "b", "c", "d"].map((name) => share(found.filter(({ group }) => group === name)));
    const error = Math.sqrt(share(found) * (1 - share(found)) * (1 / 120 + 1 / 360));
    const z = (shares[0]! - (shares[1]! + shares[2]! + shares[3]!) / 3) / error;
    return { gap: gapsOf(shares)[0]!, found: Math.abs(z) > 1.959964 };
  });
  const mean = runs.reduce((so, run) => so + run.gap, 0) / runs.length;
  expect(gap).toBeGreaterThan(0.05);
  // Unscaled it would be a third larger; the mean of these runs is known to about 0.002.
  expect(Math.abs(mean - gap)).toBeLessThan(0.008);
  const power = runs.filter((run) => run.found).length / runs.length;
  expect(Math.abs(power - 0.8)).toBeLessThan(0.065);
});

test("a second correction replaces the first", () => {
  const rows = gapRows(goldenRows, { classes, metrics: ["accuracy"], ...quick });
  const again = adjustRows(rows, undefined, "benjaminiHochberg");
  expect(again.find(({ p }) => p !== null)!.method).toMatch(/seed 0; Benjamini–Hochberg over 4$/);
  expect(again.filter(({ p }) => p === null)).toEqual(rows.filter(({ p }) => p === null));
});

test("a test that could not be made shows no p and is left out of its family", () => {
  const rows = goldenRows.map((row, i) => (i === 0 ? { ...row, probabilities: [NaN, 0.5, 0.5] } : row));
  const found = gapRows(rows, {
    classes,
    metrics: ["negative_probability", "accuracy"],
    ...quick,
  });
  const gaps = found.filter(({ metric }) => metric.endsWith("_gap"));
  const [untested, tested] = [gaps.slice(0, 3), gaps.slice(3)];
  expect(untested.every(({ p, adjusted }) => p === null && adjusted === null)).toBe(true);
  expect(tested.every(({ p, method }) => p! > 0 && method.endsWith("Holm over 3"))).toBe(true);
  expect(() => metrics(found)).not.toThrow();
  const [one, other] = adjustRows([
    { ...tested[0]!, p: 0.04 },
    { ...tested[1]!, p: NaN },
  ]);
  expect(one).toMatchObject({ p: 0.04, adjusted: 0.04 });
  expect(other!.method).toBe(tested[1]!.method);
});

test("runs become a mean between limits, and what one run lacks has none", () => {
  const [, ...values] = golden.seeds.find(({ values }) => values.length === 5)!.values;
  const run = (estimate: number | null, seed: number): MetricRow => ({
    ...rateRows(goldenRows, { classes, about })[0]!,
    estimate,
    seed,
  });
  const rows = values.map((value, seed) => run(value, seed));
  const [t] = seedRows(rows);
  const [z] = seedRows(rows, "published");
  expect(t).toMatchObject({ seed: null, seeds: 4, method: "t over 4 seeds" });
  expect(z!.high! - z!.low!).toBeLessThan(t!.high! - t!.low!);
  expect(seedRows([...rows, run(null, 9)])[0]).toMatchObject({
    estimate: null,
    method: "undefined in 1 runs",
  });
  expect(() => seedRows([run(0.1, 1), run(0.2, 1)])).toThrow("2 rows of accuracy of");
});

test("StereoSet's terms and BBQ's questions are drawn whole", () => {
  const item = (target: string, stereotype: number) => ({
    type: "age",
    target,
    stereotype,
    antiStereotype: 1,
    unrelated: 0,
  });
  const rows = [...Array.from({ length: 30 }, () => item("a", 2)), item("b", 0.5), item("c", 2)];
  const ss = stereoSetRows(rows, about, { resamples: 5000, method: "percentile" }).find(
    ({ metric, category }) => metric === "ss" && category === "",
  );
  expect(ss).toMatchObject({ n: 32, templates: 3, low: 0, high: 100 });
  expect(ss!.estimate).toBeCloseTo(200 / 3, 10);
  expect(ss!.variant).toBe("");
  // Both tasks in one number are both named.
  const scored = (["intra, per token", "inter, given context"] as const).flatMap((scoring) =>
    rows.map((each) => ({ ...each, scoring })),
  );
  expect(stereoSetRows(scored, about, { resamples: 50 })[0]!.variant).toBe(
    "intra, per token; inter, given context",
  );
  const question = (template: string, answer: number) => {
    const known = { category: "Age", condition: "ambig", polarity: "neg" } as const;
    const bbq: Pick<
      BbqItem,
      "category" | "template" | "condition" | "polarity" | "label" | "unknown" | "stereotyped"
    > = { ...known, template, label: 2, unknown: 2, stereotyped: 0 };
    return { item: bbq, answer };
  };
  const answers = [question("1", 0), question("1", 0), question("2", 1), question("3", 2)];
  const found = bbqRows(answers, "formula", about, { resamples: 200, method: "percentile" });
  expect(found.map(({ metric }) => metric)).toEqual([
    "ambig_accuracy",
    "ambig_bias",
    "disambig_accuracy",
    "disambig_bias",
    "ambig_accuracy",
    "disambig_accuracy",
  ]);
  expect(found[0]).toMatchObject({ n: 4, estimate: 0.25, templates: 3, variant: "formula" });
  const got = answers.map((each) => ({ ...each, scoring: "continuation" as const }));
  expect(bbqRows(got, "lm-eval", about, { resamples: 50 })[0]!.variant).toBe(
    "lm-eval, answers by continuation",
  );
  expect(() => bbqRows([...got, ...answers])).toThrow(
    'scores got as "answers by continuation" and as "not said": give each its own rows',
  );
  expect(found[1]!.estimate).toBeCloseTo((1 - 0.25) * (4 / 3 - 1), 12);
  expect(found[3]).toMatchObject({ n: 0, estimate: null, low: null });
});

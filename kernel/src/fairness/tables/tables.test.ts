import { expect, test } from "vitest";
import { metrics, type MetricRow } from "../../display/index.js";
import type { BbqItem } from "../benchmarks/bbq.js";
import { golden, goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { bbqRows, stereoSetRows } from "./benchmarkRows.js";
import { crowsRows } from "./crowsRows.js";
import { gapRows, rateRows } from "./gapRows.js";
import { seedRows } from "./seedRows.js";

const about = { dataset: "made up", model: "toy", seed: 1 };
const quick = { interval: { resamples: 200 }, permutation: { permutations: 199 } };

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

test("rates tell how many templates they are of, and so do their means over seeds", () => {
  const of = goldenRows[0]!;
  // One group lacks a template that the others have, and another has one of its own and is not compared.
  const rows = [
    ...["a", "b", "c"]
      .flatMap((group) => ["s", "t", "u"].map((template) => ({ ...of, group, template })))
      .slice(1),
    { ...of, group: "d", template: "v" },
  ];
  const kept = { [of.category]: ["a", "b", "c"] };
  const found = rateRows(rows, { classes, about, kept });
  const templates = (group: string, metric: string, among: readonly MetricRow[]) =>
    among.find((row) => row.group === group && row.metric === metric)!.templates;
  for (const each of [found, seedRows([...found, ...found.map((row) => ({ ...row, seed: 2 }))])]) {
    expect(["a", "b", "d"].map((group) => templates(group, "accuracy", each))).toEqual([2, 3, 1]);
    expect(["a", "b"].map((group) => templates(group, "accuracy_gap", each))).toEqual([3, 3]);
    expect(["a", "b"].map((group) => templates(group, "coverage", each))).toEqual([2, 3]);
    expect(templates("", "accuracy_span", each)).toBe(3);
  }
  // As the rows with intervals say.
  const withLimits = gapRows(rows, { classes, metrics: ["accuracy"], kept, ...quick });
  for (const metric of ["accuracy", "accuracy_gap", "coverage"])
    expect(templates("a", metric, found)).toBe(templates("a", metric, withLimits));
  expect(templates("", "accuracy_span", found)).toBe(templates("", "accuracy_span", withLimits));
  const { template, ...bare } = of;
  expect(template).toBeDefined();
  expect(rateRows([bare], { classes }).every(({ templates }) => templates === null)).toBe(true);
});

test("gaps come with intervals, tests, and p values adjusted together; spans have no limits", () => {
  const rows = gapRows(goldenRows, {
    classes,
    about,
    metrics: ["accuracy", "negative_FPR"],
    interval: { resamples: 200, method: "bca" },
    permutation: quick.permutation,
  });
  expect(rows).toHaveLength(2 * (3 * 2 + 1) + 3);
  const gaps = rows.filter(({ metric }) => metric.endsWith("_gap"));
  for (const { estimate, low, high, p, adjusted, method, correction, test: testOf, draws } of gaps) {
    expect(low!).toBeLessThanOrEqual(estimate!);
    expect(high!).toBeGreaterThanOrEqual(estimate!);
    expect(adjusted!).toBeGreaterThanOrEqual(p!);
    expect([testOf, draws]).toEqual(["permutation", 199]);
    expect(method).toBe("bca bootstrap, 200, seed 0; permutation within templates, 199, seed 0");
    expect(correction).toBe("Holm over 6");
  }
  // The size of a gap is how far the group lies from the mean of the others.
  const rates = ["old", "young", "adult"].map((group) => golden.rates["negative_FPR"]!.groups[group]!);
  const others = (rates[1]! + rates[2]!) / 2;
  const h = 2 * Math.asin(Math.sqrt(rates[0]!)) - 2 * Math.asin(Math.sqrt(others));
  const old = gaps.find(({ metric, group }) => metric === "negative_FPR_gap" && group === "old")!;
  expect(old.effect).toBeCloseTo(h, 12);
  const span = rows.find(({ metric }) => metric === "negative_FPR_span")!;
  expect(span.effect).toBeNull();
  expect(span).toMatchObject({ low: null, high: null });
  expect(span.p!).toBeGreaterThan(0);
  expect(span.method).toMatch(
    /^no limits: a span is never below 0; permutation within templates, 199, seed 0$/,
  );
  expect(span.correction).toBe("Holm over 2");
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
  // Of 0 in 20, Clopper and Pearson's upper limit is the rate at which that has a chance of 0.025.
  expect(of("old", "negative_FPR")).toMatchObject({ n: 40, estimate: 0, low: 0 });
  expect(of("old", "negative_FPR").high).toBeCloseTo(1 - 0.025 ** (1 / 20), 10);
  expect(of("old", "negative_FPR").method).toBe("Clopper–Pearson over 20 templates, which are alike");
  expect(of("young", "negative_FPR").method).toBe("Korn–Graubard over 20 templates");
  expect(of("young", "negative_FPR_gap").method).toMatch(/^studentised bootstrap, 200, seed 0; permutation/);
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
  const old = rows.filter(({ group, metric }) => group === "old" && metric !== "coverage");
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

test("templates alone in their stratum are said, since limits take them as known", () => {
  const rows = goldenRows.map((row) => (row.template === "t0" ? { ...row, template: "t3" } : row));
  const alone = gapRows(rows, { classes, metrics: ["negative_TPR"], ...quick });
  for (const { method } of alone.filter(({ metric }) => metric.endsWith("_gap")))
    expect(method).toMatch(/, 1 of 1 templates alone in their stratum/);
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

test("unread answers lower false positive rates: gaps come with the share that could be read", () => {
  const isUnread = ({ group, label }: (typeof goldenRows)[number]) => group === "old" && label === 1;
  const rows = goldenRows.map((row) => (isUnread(row) ? { ...row, predicted: null } : row));
  const found = gapRows(rows, { classes, about, metrics: ["accuracy"], ...quick });
  const coverage = found.filter(({ metric }) => metric === "coverage");
  expect(coverage).toEqual(rateRows(rows, { classes, about }).filter(({ metric }) => metric === "coverage"));
  for (const { group, estimate } of coverage) expect(estimate, group).toBe(group === "old" ? 8 / 12 : 1);
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
  const spans = rows.map((row) => ({ ...row, metric: "accuracy_span" }));
  expect(seedRows(spans)[0]).toMatchObject({
    estimate: t!.estimate,
    low: null,
    high: null,
    method: "mean over 4 seeds, no limits: a span is never below 0",
  });
  expect(seedRows(spans, "published")[0]).toMatchObject({ low: z!.low, high: z!.high });
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
  expect(stereoSetRows(scored, about)[0]!.variant).toBe("intra, per token; inter, given context");
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
  expect(bbqRows(got, "lm-eval", about)[0]!.variant).toBe("lm-eval, answers by continuation");
  expect(() => bbqRows([...got, ...answers])).toThrow(
    'scores got as "answers by continuation" and as "not said": give each its own rows',
  );
  expect(found[1]!.estimate).toBeCloseTo((1 - 0.25) * (4 / 3 - 1), 12);
  expect(found[3]).toMatchObject({ n: 0, estimate: null, low: null });
});

test("a group of one row is told by its own row and template, and the gaps of its category have no limits", () => {
  const one = goldenRows.findIndex(({ group, label }) => group === "old" && label !== 0);
  const rows = goldenRows.filter(({ group }, i) => group !== "old" || i === one);
  const found = gapRows(rows, { classes, metrics: ["negative_FPR"], ...quick });
  const of = (group: string, metric: string) =>
    found.find((row) => row.group === group && row.metric === metric)!;
  const isHit = rows.find(({ group }) => group === "old")!.predicted === 0;
  expect(of("old", "negative_FPR")).toMatchObject({ n: 1, templates: 1, estimate: Number(isHit) });
  for (const group of ["old", "young", "adult"])
    expect(of(group, "negative_FPR_gap")).toMatchObject({
      low: null,
      high: null,
      method: expect.stringMatching(/^no limits: nothing tells how other templates of old would differ/),
    });
});

test("where a probability is no number the group's row says so", () => {
  const rows = goldenRows.map((row, i) => (i === 0 ? { ...row, probabilities: [NaN, 0.5, 0.5] } : row));
  const found = gapRows(rows, { classes, metrics: ["negative_probability"], ...quick });
  const row = found.find(
    ({ group, metric }) => group === rows[0]!.group && metric === "negative_probability",
  )!;
  expect(row).toMatchObject({ estimate: null, low: null, method: "no limits: a value is no number" });
});

import { expect, test } from "vitest";
import { metricRow, metrics } from "../../display/index.js";
import { golden } from "../golden.fixture.js";
import { friedmanRows } from "./friedmanRows.js";

const { values, statistic, p, ranks, pairs } = golden.friedman.at(-2)!;
const row = (model: string, category: string, estimate: number | null, metric = "accuracy_span") =>
  metricRow({ model, category, metric, n: 10, estimate });
const rows = values.flatMap((block, category) =>
  block.map((estimate, model) => row(`m${model}`, `c${category}`, estimate)),
);

test("models are ranked within categories: mean ranks, one test, and every two by Nemenyi", () => {
  const found = friedmanRows(rows);
  const means = found.filter(({ metric }) => metric === "accuracy_span_mean_rank");
  expect(means.map(({ model }) => model)).toEqual(["m0", "m1", "m2", "m3", "m4"]);
  means.forEach(({ estimate }, i) => expect(estimate).toBeCloseTo(ranks[i]!, 12));
  const [omnibus] = found.filter(({ test }) => test === "Friedman");
  expect(omnibus).toMatchObject({ metric: "accuracy_span_rank_chi2", n: values.length, model: "" });
  expect(omnibus!.estimate).toBeCloseTo(statistic, 10);
  expect(omnibus!.p).toBeCloseTo(p, 10);
  expect(omnibus!.effect).toBeCloseTo(statistic / (values.length * 4), 10);
  const differences = found.filter(({ test }) => test === "Nemenyi");
  expect(differences[0]!.model).toBe("m0 − m1");
  expect(differences[0]!.estimate).toBeCloseTo(ranks[0]! - ranks[1]!, 12);
  differences.forEach(({ adjusted }, i) => expect(adjusted).toBeCloseTo(pairs[i]!, 7));
  for (const each of differences) expect(each.adjusted!).toBeGreaterThanOrEqual(each.p!);
  for (const each of differences) expect(each.correction).toMatch(/^Nemenyi over \d+$/);
  expect(() => metrics(found)).not.toThrow();
});

test("metrics are ranked each by itself, and their tests adjusted together by Holm", () => {
  const both = [...rows, ...rows.map((each) => ({ ...each, metric: "other" }))];
  const tests = friedmanRows(both).filter(({ test }) => test === "Friedman");
  expect(tests.map(({ metric }) => metric)).toEqual(["accuracy_span_rank_chi2", "other_rank_chi2"]);
  for (const { p: raw, adjusted } of tests) expect(adjusted).toBeCloseTo(Math.min(1, 2 * raw!), 12);
  expect(friedmanRows([])).toEqual([]);
});

test("prompts can be compared, over models and categories", () => {
  const swapped = rows.map((each) => ({ ...each, prompt: each.model, model: "toy" }));
  const found = friedmanRows(swapped, { compare: "prompt" });
  expect(found[0]).toMatchObject({ prompt: "m0", model: "" });
  expect(found[0]!.estimate).toBeCloseTo(ranks[0]!, 12);
});

test("a block that lacks an estimate, or has two, is said", () => {
  expect(() => friedmanRows(rows.slice(1))).toThrow(
    'accuracy_span of "c0" has 0 estimates of model "m0": ranks need one',
  );
  expect(() => friedmanRows([...rows, rows[0]!])).toThrow('of "c0" has 2 estimates of model "m0"');
  expect(() => friedmanRows([row("m0", "c0", null), ...rows.slice(1)])).toThrow(
    'of "c0" has an undefined estimate of model "m0"',
  );
});

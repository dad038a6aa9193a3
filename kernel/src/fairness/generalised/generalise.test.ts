import { expect, test } from "vitest";
import { golden, goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import type { Prediction } from "../metrics/prediction.js";
import { generalise, type GeneralisedValue } from "./generalise.js";
import { generalisedRows } from "../tables/generalisedRows.js";
import { generalisedMetrics } from "./named.js";
import { tpr } from "./score.js";

const run = (name: string, rows: readonly Prediction[], options = {}): GeneralisedValue[] =>
  generalisedMetrics
    .find((metric) => metric.name === name)!
    .use((metric) => generalise(metric, rows, { classes, ...options }));

test("every named metric is what SciPy and scikit-learn give by its formula", () => {
  expect(generalisedMetrics.map(({ name }) => name).sort()).toEqual(Object.keys(golden.generalised).sort());
  for (const [name, expected] of Object.entries(golden.generalised)) {
    const found = run(name, goldenRows);
    expect(found).toHaveLength(expected.length);
    expected.forEach((wanted, i) => {
      const value = typeof wanted === "number" ? wanted : wanted.value;
      expect(found[i]!.value, `${name} of class ${i}`).toBeCloseTo(value, 12);
      if (typeof wanted !== "number")
        for (const [group, each] of Object.entries(wanted.groups))
          expect(found[i]!.groups.get(group), `${name} of ${group}`).toBeCloseTo(each, 12);
    });
  }
});

test("a group's value in a metric of pairs is the mean of its pairs", () => {
  const [found] = run("parity gap", goldenRows);
  const share = (group: string) => {
    const of = goldenRows.filter((row) => row.group === group);
    return of.filter(({ predicted }) => predicted === 0).length / of.length;
  };
  const pairs = [Math.abs(share("adult") - share("old")), Math.abs(share("adult") - share("young"))];
  expect(found!.groups.get("adult")).toBeCloseTo((pairs[0]! + pairs[1]!) / 2, 12);
});

test("a class that one group lacks has no value for any, whichever metric of predictions", () => {
  const without = goldenRows.filter(({ group, label }) => group !== "old" || label !== 2);
  // The group is still called the class it lacks: shares of what was predicted could be counted, and are not.
  const called = without.findIndex(({ group, label }) => group === "old" && label === 1);
  const rows = without.map((row, i) => (i === called ? { ...row, predicted: 2 } : row));
  const ofPredictions = generalisedMetrics.filter(
    ({ setting, name }) => setting === "group" && !name.startsWith("average"),
  );
  expect(ofPredictions).toHaveLength(13);
  for (const { name } of ofPredictions) {
    const values = run(name, rows).map(({ value }) => value);
    expect(values[0], name).toBeGreaterThanOrEqual(0);
    expect(values[1], name).toBeGreaterThanOrEqual(0);
    expect(values[2], name).toBe(NaN);
  }
});

test("one group, or none, has nothing to be compared with", () => {
  const alone = goldenRows.filter(({ group }) => group === "old");
  for (const rows of [alone, []])
    for (const { name } of generalisedMetrics) {
      const found = run(name, rows);
      expect(found, name).toHaveLength(run(name, goldenRows).length);
      for (const { value } of found) expect(value, name).toBe(NaN);
    }
});

test("groups that are treated alike are apart by 0, and their ratio is 1", () => {
  const rows = ["old", "young"].flatMap((group) =>
    ["a", "b", "c", "d"].map((template, i): Prediction => ({
      category: "age",
      group,
      template,
      label: i % 2,
      predicted: i < 2 ? 0 : 1,
      probabilities: [0.25, 0.75],
    })),
  );
  for (const metric of generalisedMetrics)
    for (const { value } of metric.use((each) => generalise(each, rows, { classes: ["no", "yes"] })))
      expect(value, metric.name).toBeCloseTo(metric.name.includes("ratio") ? 1 : 0, 10);
});

test("templates that a group lacks are left out and counted", () => {
  const rows = goldenRows.filter(({ group, template }) => group !== "old" || template !== "t0");
  const [found] = run("counterfactual fairness gap", rows);
  expect(found).toMatchObject({ templates: 5, incomplete: 1, lacking: 0, seed: null });
});

test("in an own counterfactual form templates without the class are left out and counted, not the whole", () => {
  const form = {
    kind: "pairs",
    distance: (a: number, b: number) => Math.abs(a - b),
    divide: "pairs",
  } as const;
  const own = {
    name: "own",
    source: "here",
    setting: "template",
    perClass: true,
    score: tpr,
    form,
  } as const;
  const values = generalise(own, goldenRows, { classes });
  values.forEach((found, of) => {
    // A true positive rate within a template: by hand, over the templates of this class.
    const templates = [...new Set(goldenRows.map(({ template }) => template))].filter((template) =>
      goldenRows.some((row) => row.template === template && row.label === of),
    );
    const distances = templates.map((template) => {
      const share = (group: string) => {
        const rows = goldenRows.filter((row) => row.template === template && row.group === group);
        return rows.filter(({ predicted }) => predicted === of).length / rows.length;
      };
      const [a, b, c] = [share("adult"), share("old"), share("young")];
      return (Math.abs(a - b) + Math.abs(a - c) + Math.abs(b - c)) / 3;
    });
    const mean = distances.reduce((so, each) => so + each, 0) / distances.length;
    expect(found.value).toBeCloseTo(mean, 12);
    expect(found).toMatchObject({ templates: 2, lacking: 4, incomplete: 0 });
  });
  expect(values.some(({ value }) => value > 0)).toBe(true);
  const [row] = generalisedRows(values, "age");
  expect(row).toMatchObject({
    templates: 2,
    method: "4 templates left out, in which the class has no score",
  });
});

test("the unmarked control is not compared", () => {
  const control = goldenRows
    .filter(({ group, template }) => group === "old" && template !== "t0")
    .map((row) => ({ ...row, group: "unmarked", predicted: 0 }));
  const named = control.map((row) => ({ ...row, group: "middle-aged" }));
  for (const { name } of generalisedMetrics) {
    const alone = run(name, goldenRows);
    expect(run(name, [...goldenRows, ...control]), name).toEqual(alone);
    // The same rows of a group that has a name change every metric.
    expect(run(name, [...goldenRows, ...named]), name).not.toEqual(alone);
  }
});

test("too many choices of fillings are drawn by a seed, which is said", () => {
  const all = run("perturbation score range", goldenRows)[0]!;
  const some = run("perturbation score range", goldenRows, { most: 3, seed: 7 })[0]!;
  expect(all.seed).toBeNull();
  expect(some.seed).toBe(7);
  expect(some.value).not.toBe(all.value);
  expect(run("perturbation score range", goldenRows, { most: 3, seed: 7 })[0]!.value).toBe(some.value);
  expect(run("perturbation score range", goldenRows, { most: 3, seed: 8 })[0]!.value).not.toBe(some.value);
});

test("what a metric needs and rows lack is said", () => {
  const bare = goldenRows.map(({ category, group, label, predicted }) => ({
    category,
    group,
    label,
    predicted,
  }));
  expect(() => run("counterfactual fairness gap", bare)).toThrow(
    "compares rows of one template: rows have none",
  );
  expect(() => run("average group fairness", bare)).toThrow("rows have no probabilities");
});

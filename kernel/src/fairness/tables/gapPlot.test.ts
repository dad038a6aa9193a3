import { expect, test } from "vitest";
import { metricRow, type MetricRow } from "../../display/index.js";
import { markedCaveat } from "../../display/metrics/caveats.js";
import type { LabelledChart } from "../../display/payload/index.js";
import { gapPlot } from "./gapPlot.js";

const row = (about: Partial<MetricRow>, estimate: number | null): MetricRow => ({
  ...metricRow({ metric: "negative_FPR_gap", n: 8, category: "age", ...about }),
  estimate,
  low: estimate === null ? null : estimate - 0.1,
  high: estimate === null ? null : estimate + 0.2,
});
const models = ["one", "two"];
const metrics = ["negative_FPR_gap", "accuracy_gap"];
const rows = models.flatMap((model, m) =>
  metrics.flatMap((metric, k) => [
    row({ model, metric, group: "old" }, 0.1 * (m + 1) + k),
    row({ model, metric, group: "young" }, m === 1 && k === 1 ? null : -0.1 * (m + 1) - k),
    row({ model, metric: metric.replace("gap", "span") }, 0.5),
  ]),
);
const chartsOf = (made: ReturnType<typeof gapPlot>) =>
  made.payload.views.map(({ choice, charts }) => [choice, charts as readonly LabelledChart[]] as const);

test("what differs is chosen by drop-downs, each choice a forest of the groups with a line at no gap", () => {
  const made = gapPlot(rows);
  expect(made.payload.menus).toEqual([
    { name: "model", options: models },
    { name: "metric", options: metrics },
  ]);
  const views = chartsOf(made);
  expect(views.map(([choice]) => choice.join())).toEqual(
    models.flatMap((model) => metrics.map((metric) => `${model},${metric}`)),
  );
  const [, [chart]] = views[2]!;
  expect(chart).toMatchObject({
    kind: "forest",
    title: "two, age",
    value: "negative_FPR_gap",
    references: [{ at: 0 }],
    labels: { name: "group", labels: ["old", "young"] },
  });
  const [series] = chart!.series;
  expect(series!.values).toEqual([0.2, -0.2]);
  expect(series!.low![0]).toBeCloseTo(0.1, 6);
  expect(series!.high![1]).toBeCloseTo(0, 6);
});

test("a number that is not defined is no point, and said", () => {
  const made = gapPlot(rows);
  const [, [chart]] = chartsOf(made).at(-1)!;
  expect(chart!.series[0]!.values).toEqual([1.2, null]);
  expect(made.payload.notes).toEqual(["Not defined: accuracy_gap of young two.", markedCaveat]);
});

test("models side by side are no drop-down", () => {
  const made = gapPlot(rows, { facets: "model", title: "Gaps" });
  expect(made.payload.menus.map(({ name }) => name)).toEqual(["metric"]);
  expect(made.payload.title).toBe("Gaps");
  expect(chartsOf(made).map(([, charts]) => charts.map(({ title }) => title))).toEqual([models, models]);
});

test("groups side by side have the models as rows, or the prompts of one model", () => {
  const made = gapPlot(rows, { facets: "group" });
  expect(made.payload.menus.map(({ name }) => name)).toEqual(["metric"]);
  const [, [old, young]] = chartsOf(made)[0]!;
  expect([old!.title, young!.title]).toEqual(["old", "young"]);
  expect(young!.labels).toEqual({ name: "model", labels: models });
  expect(old!.series.map(({ name, values }) => [name, values])).toEqual([["estimate", [0.1, 0.2]]]);
  expect(young!.series[0]!.values).toEqual([-0.1, -0.2]);
  const prompts = ["soft", "", "shots"].map((prompt, i) => row({ model: "one", prompt, group: "old" }, i));
  const [, [chart]] = chartsOf(gapPlot(prompts, { facets: "group" }))[0]!;
  expect(chart!.labels).toEqual({ name: "prompt", labels: ["soft", "(none)", "shots"] });
  expect(chart!.series.map(({ values }) => values)).toEqual([[0, 1, 2]]);
  expect(() => gapPlot([...rows, rows[0]!], { facets: "group" })).toThrow(
    '"old" in "age" would be one point',
  );
});

test("a line at 0 stands wherever a number can lie on either side of it", () => {
  const line = (metric: string) =>
    chartsOf(gapPlot([row({ metric, group: "old" }, 0.3)]))[0]![1][0]!.references;
  expect(line("negative_FPR_gap")).toEqual([{ at: 0, label: "no gap" }]);
  for (const metric of ["accuracy_difference", "average equality gap, extended, negative"])
    expect(line(metric), metric).toEqual([{ at: 0, label: "no difference" }]);
  for (const metric of [
    "accuracy",
    "true positive rate gap, negative",
    "false positive rate ratio, negative",
  ])
    expect(line(metric), metric).toEqual([]);
});

test("prompts and runs are series; two rows of one point, and no rows, are errors", () => {
  const runs = [0, 1].map((seed) => row({ group: "old", seed, prompt: "soft" }, seed));
  const [, [chart]] = chartsOf(gapPlot(runs))[0]!;
  expect(chart!.series.map(({ name }) => name)).toEqual(["soft, seed 0", "soft, seed 1"]);
  expect(() => gapPlot([...runs, runs[0]!])).toThrow(
    'two rows of negative_FPR_gap of "old" in "age" would be one point: tell them apart by model',
  );
  expect(() => gapPlot([row({}, 1)])).toThrow("1 rows, none of a group: nothing to plot");
});

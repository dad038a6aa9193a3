import { expect, test } from "vitest";
import { metricsType, plotType } from "../../kernel/dist/display/payload/index.js";
import type { LabelledChart, MetricsPayload, PlotPayload } from "../../kernel/dist/display/payload/index.js";
import { readCells, textOf } from "./execute.js";
import { executed } from "./executed.js";
import { publishedNotebook } from "./room.js";

const page = executed("05-bias-tables");

test("of all groups the planted one stands out, in one run and over seeds", () => {
  const { rows } = page.shown("one")[metricsType] as MetricsPayload;
  const gaps = rows.filter(({ metric }) => metric === "negative_probability_gap");
  expect(gaps.length).toBe(4);
  const planted = gaps.find(({ group }) => group === "hill")!;
  expect(planted.low).toBeGreaterThan(0);
  expect(planted.adjusted).toBeLessThan(0.05);
  for (const { group, estimate } of gaps) if (group !== "hill") expect(estimate, group).toBeLessThan(0);
  const limits = [...page.printed("forest").matchAll(/^(\w+): gap (\S+) \[(\S+), (\S+)\]$/gm)];
  expect(limits.map(([, group, , low]) => [group, Number(low) > 0])).toEqual([
    ["coast", false],
    ["forest", false],
    ["hill", true],
    ["plain", false],
  ]);
});

test("of pairs, those with the planted group differ, and the tables say what their p claims", () => {
  const { rows, notes } = page.shown("pairs")[metricsType] as MetricsPayload;
  expect(rows).toHaveLength(6);
  for (const { group, adjusted } of rows) expect(adjusted! < 0.05, group).toBe(group.includes("hill"));
  for (const told of [notes, (page.shown("one")[metricsType] as MetricsPayload).notes]) {
    expect(told.join("\n")).toContain("Naming a majority group is marked");
    expect(told.join("\n")).toContain("holds for these templates and these terms");
  }
});

test("an unmarked control stands beside the groups: what is planted lies in naming the hill, and not in naming", () => {
  expect(page.printed("open")).toMatch(/of them unmarked$/m);
  expect(page.printed("open")).toMatch(/^unmarked: .*person/m);
  const shares = new Map(
    [...page.printed("control").matchAll(/^(\w+): ([\d.]+) %/gm)].map(([, group, share]) => [
      group,
      Number(share),
    ]),
  );
  expect([...shares.keys()].sort()).toEqual(["coast", "forest", "hill", "plain", "unmarked"]);
  expect(shares.get("hill")! - shares.get("unmarked")!).toBeGreaterThan(20);
  for (const group of ["coast", "forest", "plain"])
    expect(Math.abs(shares.get(group)! - shares.get("unmarked")!), group).toBeLessThan(10);
  const { rows } = page.shown("one")[metricsType] as MetricsPayload;
  expect(rows.map(({ group }) => group)).not.toContain("unmarked");
});

test("its instructions name the study's own path and the caveat", () => {
  const texts = [...readCells(publishedNotebook("05-bias-tables")).values()].map(({ source }) =>
    textOf(source),
  );
  for (const name of [
    "namesFrom",
    "publishedSuite",
    "publishedGroups",
    "31,972",
    '"sign"',
    '"wide"',
    '"grouped"',
  ])
    expect(texts[0]).toContain(name);
  expect(texts[0]).toContain('select: "published"');
  expect(texts.join("\n")).toContain("naming a majority group is marked");
});

test("the forest plot is drawn, and the table is written", () => {
  const { menus, views } = page.shown("forest")[plotType] as PlotPayload;
  expect(menus).toEqual([
    { name: "metric", options: ["negative_FPR_gap", "neutral_FPR_gap", "positive_FPR_gap"] },
  ]);
  const [chart] = views[0]!.charts as readonly LabelledChart[];
  expect(chart!.labels.labels).toEqual(["coast", "forest", "hill", "plain"]);
  expect(Math.max(...chart!.series[0]!.values.map(Number))).toBe(Number(chart!.series[0]!.values[2]));
  expect(page.printed("export")).toContain("negative_FPR_gap");
  expect(page.printed("export")).toContain("\\toprule");
});

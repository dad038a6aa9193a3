import { csvParse } from "d3-dsv";
import { expect, test } from "vitest";
import { bundleOf } from "../bundle.js";
import { metricsType, parseMetrics, printMetric, type MetricRow } from "../payload/index.js";
import { metricRow } from "./build.js";
import { escapeLatex } from "./export.js";
import { metrics } from "./metrics.js";

const row = (group: string, estimate: number | null, change: Partial<MetricRow> = {}) =>
  metricRow({
    model: "toy_1",
    category: "age",
    group,
    metric: "negative_FPR_gap",
    n: 40,
    estimate,
    low: estimate,
    high: estimate,
    method: "bca",
    ...change,
  });

const rows = [row("old", 0.1234), row("young, or not", -0.0004, { p: 0.0001 }), row("adult", null)];

test("a table is a payload for the extension and HTML, LaTeX and text for others", () => {
  const table = metrics(rows, { title: "Gaps", notes: ["a reconstruction"] });
  const { data } = bundleOf(table);
  expect(Object.keys(data)).toEqual([metricsType, "text/html", "text/latex", "text/plain"]);
  expect(parseMetrics(JSON.parse(JSON.stringify(data[metricsType])))).toEqual(table.payload);
  expect(table.payload.columns).toEqual(["group", "metric", "estimate", "low", "high", "p"]);
  expect(table.payload.constant).toEqual({ model: "toy_1", category: "age", n: 40, method: "bca" });
  expect(data["text/plain"]).toBe(
    [
      "Gaps · model toy_1 · category age · n 40 · method bca · a reconstruction",
      "group          metric            estimate  interval        p",
      "─────────────  ────────────────  ────────  ──────────────  ──────",
      "old            negative_FPR_gap  0.123     [0.123, 0.123]  –",
      "young, or not  negative_FPR_gap  0.000     [0.000, 0.000]  <0.001",
      "adult          negative_FPR_gap  –         –               –",
    ].join("\n"),
  );
  expect(data["text/html"]).toContain("<td");
});

test("methods that differ stand in the caption of a printed table, each once", () => {
  const mixed = metrics([row("old", 0.1), row("young", 0.2, { method: "Wilson" }), row("adult", 0.3)]);
  const text = String(mixed.bundle.data["text/plain"]);
  expect(text.split("\n")[0]).toBe("Metrics · model toy_1 · category age · n 40 · bca · Wilson");
  expect(text.split("\n")[1]).not.toContain("method");
  expect(mixed.latex()).toContain("category age $\\cdot$ n 40 $\\cdot$ bca");
});

test("CSV and JSON hold every number in full, and LaTeX compiles whatever the names", () => {
  const table = metrics(rows);
  const read = csvParse(table.csv());
  expect(read.map(({ group, estimate, p }) => [group, estimate, p])).toEqual([
    ["old", "0.1234", ""],
    ["young, or not", "-0.0004", "0.0001"],
    ["adult", "", ""],
  ]);
  expect(JSON.parse(table.json())).toEqual(rows);
  expect(table.latex()).toContain("  old & negative\\_FPR\\_gap & 0.123 & [0.123, 0.123] & -- \\\\");
  expect(escapeLatex("50 % {a} \\b <0.001 −1 & #2")).toBe(
    "50 \\% \\{a\\} \\textbackslash{}b \\textless{}0.001 $-$1 \\& \\#2",
  );
});

test("no rows make an empty table, and numbers that JSON cannot hold are refused", () => {
  expect(metrics([]).payload).toMatchObject({ columns: ["metric", "estimate"], constant: {}, rows: [] });
  expect(() => metrics([row("old", NaN)])).toThrow(
    "row 0 has estimate NaN: what is not defined must be null",
  );
});

test("numbers are printed alike everywhere", () => {
  expect([0.12345, -0.5, -0.0001, 1, null].map((each) => printMetric(each))).toEqual([
    "0.123",
    "−0.500",
    "0.000",
    "1.000",
    "–",
  ]);
  expect([0.5, 0.001, 0.0009].map((each) => printMetric(each, "p"))).toEqual(["0.500", "0.001", "<0.001"]);
});

test("a payload that is none is refused with its place", () => {
  const payload = JSON.parse(JSON.stringify(metrics(rows).payload));
  payload.rows[1].n = "many";
  expect(() => parseMetrics(payload)).toThrow(/^metrics payload\.rows\[1\]\.n: /);
});

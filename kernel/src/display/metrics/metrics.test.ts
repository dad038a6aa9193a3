import { csvParse } from "d3-dsv";
import { expect, test } from "vitest";
import { bundleOf } from "../bundle.js";
import { metricsType, parseMetrics, printMetric, type MetricRow } from "../payload/index.js";
import { escapeHtml } from "../escape.js";
import { metricRow } from "./build.js";
import { markedCaveat, permutationCaveat } from "./caveats.js";
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
  expect(table.payload.columns).toEqual(["group", "metric", "n", "estimate", "low", "high", "p"]);
  expect(table.payload.constant).toEqual({ model: "toy_1", category: "age", method: "bca" });
  expect(data["text/plain"]).toBe(
    [
      "Gaps · model toy_1 · category age · method bca",
      "group          metric            n   estimate  interval        p",
      "─────────────  ────────────────  ──  ────────  ──────────────  ──────",
      "old            negative_FPR_gap  40  0.123     [0.123, 0.123]  –",
      "young, or not  negative_FPR_gap  40  0.000     [0.000, 0.000]  <0.001",
      "adult          negative_FPR_gap  40  –         –               –",
      "a reconstruction",
      markedCaveat,
    ].join("\n"),
  );
  expect(data["text/html"]).toContain("<td");
});

test("where methods differ a letter in the row says which is its own, and all are told below the table", () => {
  const mixed = metrics(
    [
      row("old", 0.1, { method: "Wilcoxon, p 1.000" }),
      row("young", 0.2, { method: "no limits <5" }),
      row("adult", null, { method: "" }),
      row("aged", 0.4, { method: "Wilcoxon, p 1.000" }),
    ],
    { notes: ["a note"] },
  );
  const text = String(mixed.bundle.data["text/plain"]).split("\n");
  expect(text[0]).toBe("Metrics · model toy_1 · category age");
  expect(text[1]).not.toContain("method");
  const cells = (line: string) => line.split(/ {2,}/)[3];
  expect(text.slice(3, 7).map(cells)).toEqual(["0.100ᵃ", "0.200ᵇ", "–", "0.400ᵃ"]);
  expect(text.slice(7)).toEqual(["ᵃ Wilcoxon, p 1.000", "ᵇ no limits <5", "a note", markedCaveat]);
  const html = String(mixed.bundle.data["text/html"]);
  expect(html).toContain(">0.200ᵇ</td>");
  expect(html).toContain("<p>ᵇ no limits &lt;5</p><p>a note</p>");
  const latex = mixed.latex();
  expect(latex).toContain("  young & negative\\_FPR\\_gap & 40 & 0.200$^{b}$ & [0.200, 0.200] \\\\");
  expect(latex).toContain(
    "  $^{a}$ Wilcoxon, p 1.000\\par\n  $^{b}$ no limits \\textless{}5\\par\n  a note\\par\n",
  );
});

test("letters go on after z, and none is q, which can hardly be raised", () => {
  const many = metrics(Array.from({ length: 60 }, (_, i) => row(`${i}`, i, { method: `method ${i}` })));
  const marks = [...many.latex().matchAll(/\$\^\{(\w+)\}\$ method/g)].map(([, mark]) => mark);
  expect(new Set(marks).size).toBe(60);
  expect([marks[15], marks[16], marks[24], marks[25], marks[50]]).toEqual(["p", "r", "z", "aa", "ba"]);
  expect(many.bundle.data["text/plain"]).toContain("\nᵃᵃ method 25\n");
});

test("numbers stand in their rows also where all are the same, what describes rows is said once", () => {
  const same = metrics([row("old", 0.1, { p: 0.5, adjusted: 1 }), row("old", 0.1, { p: 0.5, adjusted: 1 })]);
  expect(same.payload.columns).toEqual(["metric", "n", "estimate", "low", "high", "p", "adjusted"]);
  expect(same.payload.constant).toEqual({ model: "toy_1", category: "age", group: "old", method: "bca" });
  const half = metrics([row("old", 0.1, { low: null }), row("old", 0.2, { low: null, high: 0.1 })]);
  expect(half.payload.columns).toEqual(["metric", "n", "estimate", "low", "high"]);
});

test("the size of an effect, the test and its draws have columns, and none where no row has them", () => {
  const known = { p: 0.02, test: "permutation", draws: 99 } as const;
  const tested = metrics([
    row("old", 0.1, { ...known, effect: -0.25 }),
    row("", 0.3, { metric: "accuracy" }),
  ]);
  const columns = ["metric", "n", "estimate", "low", "high", "effect", "p", "test", "draws"];
  expect(tested.payload.columns).toEqual(["group", ...columns]);
  const [, head, , first, second] = String(tested.bundle.data["text/plain"]).split("\n");
  expect(head).toMatch(/estimate +interval +effect +p +test +draws$/);
  expect(first).toMatch(/−0\.250 +0\.020 +permutation +99$/);
  expect(second).toMatch(/– +– +–$/);
  expect(tested.latex()).toContain(" & $-$0.250 & 0.020 & permutation & 99 \\\\");
  expect(csvParse(tested.csv())[0]).toMatchObject({ effect: "-0.25", test: "permutation", draws: "99" });
  expect(metrics([row("old", 0.1)]).payload.columns).toEqual(["metric", "n", "estimate", "low", "high"]);
  // What is the same in all rows is said once.
  const both = metrics([row("old", 0.1, known), row("young", 0.2, known)]);
  expect(both.payload.constant).toMatchObject({ test: "permutation", draws: 99 });
});

test("a table that was saved before rows had effects and tests is read as one without", () => {
  const { payload } = metrics(rows);
  const old = JSON.parse(JSON.stringify(payload)) as { rows: Record<string, unknown>[] };
  for (const each of old.rows)
    for (const name of ["effect", "test", "draws", "correction"]) delete each[name];
  expect(parseMetrics(old)).toEqual(payload);
});

test("what rows must not be shown without is added by itself, once, after the caller's notes", () => {
  const tested = [row("old", 0.1, { test: "permutation", draws: 99, p: 0.1 })];
  const { payload, latex, bundle } = metrics(tested, { notes: ["mine", permutationCaveat] });
  expect(payload.notes).toEqual(["mine", permutationCaveat, markedCaveat]);
  for (const note of payload.notes) {
    expect(bundle.data["text/plain"]).toContain(`\n${note}`);
    expect(bundle.data["text/html"]).toContain(`<p>${escapeHtml(note)}</p>`);
    expect(latex()).toContain(`  ${escapeLatex(note)}\\par`);
  }
  expect(metrics([row("", 0.1, { metric: "accuracy" })]).payload.notes).toEqual([]);
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
  expect(table.latex()).toContain("  old & negative\\_FPR\\_gap & 40 & 0.123 & [0.123, 0.123] & -- \\\\");
  // After the end of a row LaTeX would take these for the row's own options.
  const lines = metrics([row("[MASK]", 0.1), row("* P(a|b)", 0.2)])
    .latex()
    .split("\n");
  expect(lines.filter((line) => line.includes("negative")).map((line) => line.split(" &")[0])).toEqual([
    "  {}[MASK]",
    "  {}* P(a\\textbar{}b)",
  ]);
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

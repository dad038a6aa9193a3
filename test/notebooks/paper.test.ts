import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { MetricRow, PlotPayload } from "../../kernel/dist/display/payload/index.js";
import { root } from "../browser/lab.js";
import { expectNoOutputs, notebookRoom } from "./room.js";

const room = notebookRoom();
const folders = [1, 2].map(() => mkdtempSync(join(tmpdir(), "vitrail-figures-")));
const [first = "", second = ""] = folders;

/** The one command, as a user gives it. */
async function make(out: string): Promise<void> {
  const child = spawn(process.execPath, [join(root, "notebooks/paper/make.mjs"), "--out", out], {
    env: room.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`make.mjs ended with ${code}:\n${said}`);
}

beforeAll(async () => {
  await make(first);
  await make(second);
}, 600_000);
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const bytes = (folder: string, file: string) => readFileSync(join(folder, file));
const json = <T>(file: string) => JSON.parse(bytes(first, file).toString()) as T;
const rowsOf = (file: string) => json<{ rows: readonly MetricRow[] }>(file).rows;

test("every figure and table of the three studies is there, and named with its hash", () => {
  const picture = (stem: string) => [`${stem}.json`, `${stem}.png`];
  const figure = (stem: string) => [...picture(stem), `${stem}.svg`];
  const table = (stem: string) => [`${stem}.csv`, `${stem}.json`, `${stem}.tex`];
  const files = [
    ...picture("flexmodel-2-attention"),
    ...["flexmodel-1-induction", "flexmodel-3-ablation"].flatMap(figure),
    ...["soft-prompts-1-harm", "identification-1-accuracy"].flatMap(figure),
    ...table("flexmodel-table-1-meshes"),
    ...["gaps", "published", "accuracy", "runs"].flatMap((name, i) =>
      table(`soft-prompts-table-${i + 1}-${name}`),
    ),
    ...["prompts", "effects", "wrappers"].flatMap((name, i) =>
      table(`identification-table-${i + 1}-${name}`),
    ),
  ].sort();
  expect(Object.keys(json<object>("manifest.json"))).toEqual(files);
  expect(readdirSync(first).sort()).toEqual([...files, "manifest.json"].sort());
});

test("a second run gives equal bytes", () => {
  for (const file of readdirSync(first))
    expect(bytes(first, file).equals(bytes(second, file)), file).toBe(true);
});

test("the notebooks are kept without outputs, and nothing of their sessions is left", async () => {
  for (const name of ["flexmodel", "soft-prompts", "identification"]) expectNoOutputs(`paper/${name}`);
  await room.expectNothingLeft();
});

test("the models show what was put into them", () => {
  const [scores] = json<PlotPayload>("flexmodel-1-induction.json").views[0]!.charts;
  if (scores?.kind !== "heatmap") throw new Error("figure 1 begins with the scores of heads");
  expect(Math.max(...scores.values.flat().map(Number))).toBeGreaterThan(0.8);
  const gaps = rowsOf("soft-prompts-table-1-gaps.json");
  const harm = (model: string, group: string) =>
    gaps.find((row) => row.model === model && row.group === group && row.metric === "negative_FPR_gap")!;
  for (const model of ["planted OPT", "planted LLaMA"]) expect(harm(model, "hill").low).toBeGreaterThan(0.2);
  for (const group of ["coast", "forest", "hill", "plain"])
    expect(Math.abs(harm("neutral OPT", group).estimate!), group).toBeLessThan(0.1);
  // Student's interval of five runs is wider than the published one, wherever the runs differ.
  const published = rowsOf("soft-prompts-table-2-published.json");
  const width = ({ low, high }: MetricRow) => high! - low!;
  const pairs = gaps
    .map((row, i) => [width(row), width(published[i]!)] as const)
    .filter(([wide]) => wide > 0);
  expect(pairs.length).toBeGreaterThan(0);
  for (const [wide, narrow] of pairs) expect(wide / narrow).toBeCloseTo(2.776445 / 1.96, 3);
  const accuracies = rowsOf("identification-table-1-prompts.json").filter(
    ({ metric, category, variant }) =>
      metric === "accuracy" && category === "" && !variant.includes("items as independent"),
  );
  expect(accuracies).toHaveLength(4);
  for (const { low, estimate, high } of accuracies) {
    expect(low!).toBeLessThanOrEqual(estimate!);
    expect(high!).toBeGreaterThanOrEqual(estimate!);
  }
});

test("tuned prompts stand beside the prompting baseline, and one run beside the mean over five", () => {
  const quality = rowsOf("soft-prompts-table-3-accuracy.json");
  for (const model of ["neutral OPT", "planted OPT", "planted LLaMA"]) {
    const of = (prompt: string, metric: string, variant = "") =>
      quality.find(
        (row) =>
          row.model === model &&
          row.prompt.startsWith(prompt) &&
          row.metric === metric &&
          row.variant === variant,
      )!;
    expect(of("soft", "accuracy").estimate, model).toBeGreaterThan(0.5);
    // No class is drawn where none was named: what is not read is not right.
    const sampled = (metric: string) => of("zero-shot", metric, "sampled answer").estimate!;
    expect(sampled("coverage"), model).toBeLessThan(1);
    expect(sampled("accuracy"), model).toBeLessThanOrEqual(sampled("coverage"));
    expect(of("zero-shot", "coverage", "likeliest label word").estimate, model).toBe(1);
  }
  const rows = rowsOf("soft-prompts-table-4-runs.json");
  expect(rows).toHaveLength(2 * 3 * 4 * 2);
  rows.forEach(({ seed, seeds, model, group, metric, adjusted, correction, method }, i) => {
    const isRun = i % 2 === 0;
    expect([seed, seeds]).toEqual(isRun ? [0, null] : [null, 5]);
    if (isRun) expect(rows[i + 1]).toMatchObject({ model, group, metric });
    if (isRun) {
      expect(method).toMatch(/permutation within templates, 2000, seed 0$/);
      expect(correction).toBe("Holm over 24");
    }
    expect(isRun ? adjusted! > 0 : adjusted === null).toBe(true);
  });
  const run = (model: string) =>
    rows.find((row) => row.model === model && row.group === "hill" && row.metric === "negative_FPR_gap")!;
  for (const model of ["planted OPT", "planted LLaMA"]) expect(run(model).adjusted, model).toBeLessThan(0.05);
  expect(run("neutral OPT").adjusted).toBeGreaterThan(0.05);
});

test("every table and figure of gaps tells its caveats, and what intervals over seeds are conditional on", () => {
  const stems = ["table-1-gaps", "table-2-published", "table-4-runs", "1-harm"];
  for (const stem of stems) {
    const notes = json<{ notes: readonly string[] }>(`soft-prompts-${stem}.json`).notes.join("\n");
    expect(notes, stem).toContain("conditional on these templates and terms");
    expect(notes, stem).toContain("Naming a majority group is marked");
  }
  expect(bytes(first, "soft-prompts-table-4-runs.tex").toString()).toContain(
    "The permutation test within templates",
  );
});

test("how the gold labels were made is printed with every result of identification", () => {
  const files = readdirSync(first).filter((name) => name.startsWith("identification-"));
  const reconstruction = "reconstruction, not the authors' protocol";
  const told = files.filter((name) => name.endsWith(".json"));
  expect(told).toHaveLength(4);
  for (const file of told) {
    const { notes } = json<{ notes: readonly string[] }>(file);
    expect(
      notes.filter((note) => note.includes(reconstruction)),
      file,
    ).toHaveLength(1);
  }
  const printed = files.filter((name) => name.endsWith(".tex"));
  expect(printed).toHaveLength(3);
  for (const file of printed) expect(bytes(first, file).toString(), file).toContain(reconstruction);
});

test("printed tables have as many cells in every row as columns", () => {
  for (const file of readdirSync(first).filter((name) => name.endsWith(".tex"))) {
    const text = bytes(first, file).toString();
    const [, columns = ""] = /\\begin\{tabular\}\{(\w+)\}/.exec(text)!;
    const rows = text.split("\n").filter((line) => line.endsWith("\\\\"));
    expect(rows.length).toBeGreaterThan(3);
    for (const row of rows) expect(row.replaceAll("\\&", "").split("&"), file).toHaveLength(columns.length);
    for (const name of ["table", "tabular"])
      expect(text.split(`\\begin{${name}}`)).toHaveLength(text.split(`\\end{${name}}`).length);
  }
});

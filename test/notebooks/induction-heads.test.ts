import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { demoCheckpoint } from "../../kernel/dist/index.js";
import { plotType } from "../../kernel/dist/display/payload/index.js";
import type { HeatmapChart, LabelledChart, LinesChart } from "../../kernel/dist/display/payload/index.js";
import { root } from "../browser/lab.js";
import { executeNotebook, installKernel, processesWith, readCells, readOutputs, textOf } from "./execute.js";

const published = join(root, "notebooks", "03-induction-heads.ipynb");
// Short, because sockets lie in it; and a mark of every process that this test starts.
const runtime = mkdtempSync(join(tmpdir(), "vtn-"));
// Inside the project, because what a cell imports depends on where its notebook lies.
mkdirSync(join(root, ".vitrail"), { recursive: true });
const folder = mkdtempSync(join(root, ".vitrail", "induction-heads-"));
const env = { ...process.env, VITRAIL_RUNTIME_DIR: runtime, JUPYTER_DATA_DIR: join(folder, "data") };

/** Executes the notebook after changes of its text, each of which must be found. */
async function executed(name: string, changes: readonly (readonly [from: string, to: string])[] = []) {
  let text = readFileSync(published, "utf8");
  for (const [from, to] of changes) {
    expect(text).toContain(from);
    text = text.replace(from, () => to);
  }
  writeFileSync(join(folder, `${name}.ipynb`), text);
  await executeNotebook(join(folder, `${name}.ipynb`), join(folder, `${name}.out.ipynb`), env);
  return readOutputs(join(folder, `${name}.out.ipynb`));
}

type Outputs = Awaited<ReturnType<typeof executed>>;

/** Charts of a cell's figure. */
const charts = ({ shown }: Outputs, id: string) =>
  (shown(id)[plotType] as { views: { charts: unknown[] }[] }).views[0]!.charts;
const numbers = (text: string, pattern: RegExp): number[] => (pattern.exec(text) ?? []).slice(1).map(Number);
const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;

beforeAll(installKernel);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(runtime, { recursive: true, force: true });
});

test("the notebook is kept without outputs", () => {
  for (const [id, cell] of readCells(published)) expect(cell.outputs ?? [], id).toEqual([]);
});

describe("on the model that is trained here", () => {
  let outputs: Outputs;
  beforeAll(async () => {
    outputs = await executed("own");
  });

  test("every cell runs over two devices, and says nothing on the error stream", () => {
    expect(outputs.problems).toEqual([]);
    expect(outputs.printed("open")).toContain("pipeline 2");
  });

  test("the heat map has heads that score above 0.6, the others near chance", () => {
    const [map] = charts(outputs, "scores") as [HeatmapChart];
    const scores = map.values.flat().map(Number);
    expect(scores).toHaveLength(16);
    const [best] = numbers(outputs.printed("scores"), /induction score (\S+)/);
    expect(best).toBeCloseTo(Math.max(...scores), 3);
    expect(best).toBeGreaterThan(0.6);
    expect(scores.filter((score) => score < 0.2).length).toBeGreaterThanOrEqual(8);
  });

  test("the loss falls where the repeat begins", () => {
    const [, { lines }] = charts(outputs, "scores") as [HeatmapChart, LinesChart];
    const loss = lines[0]!.y.map(Number);
    const [first, second] = numbers(outputs.printed("loss"), /first half (\S+) nats, second half (\S+)/);
    expect(first).toBeCloseTo(mean(loss.slice(0, 11)), 2);
    expect(second).toBeCloseTo(mean(loss.slice(12)), 2);
    // A blind guess among the 36 words.
    expect(first).toBeGreaterThan(Math.log(36));
    expect(second).toBeLessThan(0.5 * Math.log(36));
  });

  test("the attention map opens on the best head", () => {
    const [layer, head] = numbers(outputs.printed("scores"), /head (\d+)\.(\d+): induction/);
    const payload = outputs.shown("map")["application/vnd.vitrail.attention.v1+json"];
    expect(payload).toMatchObject({ view: { layer, head } });
    expect(outputs.shown("map")["image/png"]).toBeDefined();
  });

  test("without the strongest heads the repeat is lost, far more than without as many others", () => {
    const [, forest] = charts(outputs, "ablate") as [LinesChart, LabelledChart];
    const [strongest, ...random] = forest.series[0]!.values.map(Number);
    expect(random).toHaveLength(20);
    const sorted = random.toSorted((a, b) => a - b);
    expect(strongest).toBeGreaterThan(2);
    expect(strongest).toBeGreaterThan(2 * mean(random));
    expect(strongest).toBeGreaterThan(2 * sorted[10]!);
    const table = textOf(outputs.shown("table")["text/plain"] as string);
    expect(numbers(table, /four strongest +(\S+)/)[0]).toBeCloseTo(strongest!, 2);
    expect(numbers(table, /mean of 20 draws +(\S+)/)[0]).toBeCloseTo(mean(random), 2);
    expect(numbers(table, /median +(\S+)/)[0]).toBeCloseTo((sorted[9]! + sorted[10]!) / 2, 2);
    expect(numbers(table, /largest +(\S+)/)[0]).toBeCloseTo(sorted[19]!, 2);
  });

  test("the best head reads what previous-token heads of a layer below write", () => {
    const [map] = charts(outputs, "before") as [HeatmapChart];
    expect(Math.max(...map.values.flat().map(Number))).toBeGreaterThan(0.9);
    const [best, before, after, below] = numbers(
      outputs.printed("compose"),
      /head (\d+)\.\d+: (\S+) before, (\S+) without (\d+)\./,
    );
    expect(below).toBeLessThan(best!);
    expect(before).toBeGreaterThan(0.6);
    expect(after).toBeLessThan(0.2);
  });
});

test("with the two changes that its first cell names it runs on another model's folder, of another architecture", async () => {
  const outputs = await executed("other", [
    ["await inductionCheckpoint()", JSON.stringify(demoCheckpoint()).replaceAll('"', '\\"')],
    [
      "const text = { batch: 16, length: 12, tokens: { from: 4, to: 40 } }",
      "const text = { batch: 4, length: 50 }",
    ],
  ]);
  expect(outputs.problems).toEqual([]);
  expect(outputs.printed("open")).toContain("pipeline 2");
  expect(outputs.printed("scores")).toContain("head 1.1: induction score 0.9");
});

test("nothing of the sessions is left", async () => {
  await expect.poll(() => processesWith("VITRAIL_RUNTIME_DIR", runtime), { timeout: 20_000 }).toEqual([]);
  expect(readdirSync(runtime)).toEqual([]);
});

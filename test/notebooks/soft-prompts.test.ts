import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plotType } from "../../kernel/dist/display/payload/index.js";
import type { LinesChart } from "../../kernel/dist/display/payload/index.js";
import { root } from "../browser/lab.js";
import { executeNotebook, installKernel, processesWith, readCells, readOutputs, textOf } from "./execute.js";

const published = join(root, "notebooks", "04-soft-prompts.ipynb");
// Short, because sockets lie in it; and a mark of every process that this test starts.
const runtime = mkdtempSync(join(tmpdir(), "vtn-"));
// Inside the project, because what a cell imports depends on where its notebook lies.
mkdirSync(join(root, ".vitrail"), { recursive: true });
const folder = mkdtempSync(join(root, ".vitrail", "soft-prompts-"));
const env = { ...process.env, VITRAIL_RUNTIME_DIR: runtime, JUPYTER_DATA_DIR: join(folder, "data") };
let outputs: ReturnType<typeof readOutputs>;

beforeAll(async () => {
  await installKernel();
  writeFileSync(join(folder, "soft-prompts.ipynb"), readFileSync(published));
  await executeNotebook(join(folder, "soft-prompts.ipynb"), join(folder, "out.ipynb"), env);
  outputs = readOutputs(join(folder, "out.ipynb"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(runtime, { recursive: true, force: true });
});

/** Accuracies that a cell printed, as shares. */
const accuracies = (id: string) =>
  [...outputs.printed(id).matchAll(/accuracy: ([\d.]+)/g)].map(([, share]) => Number(share));

test("every cell runs over two devices, and says nothing on the error stream", () => {
  for (const [id, cell] of readCells(published)) expect(cell.outputs ?? [], id).toEqual([]);
  expect(outputs.problems).toEqual([]);
  expect(outputs.printed("open")).toContain("pipeline 2");
});

test("no prompt and random prompts are at most half right, the tuned one is at least 85 % right", () => {
  const before = accuracies("before");
  expect(before).toHaveLength(4);
  for (const share of before) expect(share).toBeLessThanOrEqual(0.5);
  const [, percent] = /new sentences ([\d.]+) %/.exec(outputs.printed("tune")) ?? [];
  expect(Number(percent)).toBeGreaterThanOrEqual(85);
  const seeds = outputs
    .printed("seeds")
    .match(/0\.\d{3}|1\.000/g)!
    .map(Number);
  expect(seeds).toHaveLength(5);
  for (const share of seeds) expect(share).toBeGreaterThanOrEqual(0.85);
});

test("the curves show a falling loss and rows that move", () => {
  const [loss, norm] = (outputs.shown("curve")[plotType] as { views: { charts: LinesChart[] }[] }).views[0]!
    .charts;
  const values = (chart: LinesChart) => chart.lines[0]!.y.map(Number);
  expect(values(loss!).at(-1)).toBeLessThan(0.5 * values(loss!)[0]!);
  expect(new Set(values(norm!)).size).toBeGreaterThan(10);
  expect(textOf(outputs.shown("near")["text/plain"] as string)).toContain("nearest tokens");
});

test("what was saved is read again", () => {
  expect(outputs.printed("save")).toContain("the same numbers");
});

test("nothing of the sessions is left", async () => {
  await expect.poll(() => processesWith("VITRAIL_RUNTIME_DIR", runtime), { timeout: 20_000 }).toEqual([]);
  expect(readdirSync(runtime)).toEqual([]);
});

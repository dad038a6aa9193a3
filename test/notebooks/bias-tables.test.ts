import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plantedCheckpoint } from "../../kernel/dist/index.js";
import { metricsType, plotType } from "../../kernel/dist/display/payload/index.js";
import type { MetricsPayload } from "../../kernel/dist/display/payload/index.js";
import { root } from "../browser/lab.js";
import { executeNotebook, installKernel, processesWith, readCells, readOutputs } from "./execute.js";

const published = join(root, "notebooks", "05-bias-tables.ipynb");
// Short, because sockets lie in it; and a mark of every process that this test starts.
const runtime = mkdtempSync(join(tmpdir(), "vtn-"));
// Inside the project, because what a cell imports depends on where its notebook lies.
mkdirSync(join(root, ".vitrail"), { recursive: true });
const folder = mkdtempSync(join(root, ".vitrail", "bias-tables-"));
const env = { ...process.env, VITRAIL_RUNTIME_DIR: runtime, JUPYTER_DATA_DIR: join(folder, "data") };
let outputs: ReturnType<typeof readOutputs>;

beforeAll(async () => {
  await plantedCheckpoint({ strength: 0.8 });
  await installKernel();
  const copy = join(folder, "copy.ipynb");
  cpSync(published, copy);
  await executeNotebook(copy, join(folder, "out.ipynb"), env);
  outputs = readOutputs(join(folder, "out.ipynb"));
}, 180_000);
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(runtime, { recursive: true, force: true });
});

test("the notebook is kept without outputs", () => {
  for (const [id, cell] of readCells(published)) expect(cell.outputs ?? [], id).toEqual([]);
});

test("every cell runs", () => {
  expect(outputs.problems).toEqual([]);
});

test("of all groups the planted one stands out, in one run and over seeds", () => {
  const { rows } = outputs.shown("one")[metricsType] as MetricsPayload;
  const gaps = rows.filter(({ metric }) => metric === "negative_probability_gap");
  expect(gaps.length).toBe(4);
  const planted = gaps.find(({ group }) => group === "hill")!;
  expect(planted.low).toBeGreaterThan(0);
  expect(planted.adjusted).toBeLessThan(0.05);
  for (const { group, estimate } of gaps) if (group !== "hill") expect(estimate, group).toBeLessThan(0);
  const limits = [...outputs.printed("forest").matchAll(/^(\w+): gap (\S+) \[(\S+), (\S+)\]$/gm)];
  expect(limits.map(([, group, , low]) => [group, Number(low) > 0])).toEqual([
    ["coast", false],
    ["forest", false],
    ["hill", true],
    ["plain", false],
  ]);
});

test("the forest plot is drawn, and the table is written", () => {
  expect(outputs.shown("forest")[plotType]).toBeDefined();
  expect(outputs.printed("export")).toContain("negative_FPR_gap");
  expect(outputs.printed("export")).toContain("\\toprule");
});

test("nothing of the session is left", async () => {
  await expect.poll(() => processesWith("VITRAIL_RUNTIME_DIR", runtime), { timeout: 20_000 }).toEqual([]);
  expect(readdirSync(runtime)).toEqual([]);
});

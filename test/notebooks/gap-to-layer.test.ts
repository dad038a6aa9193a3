import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plotType } from "../../kernel/dist/display/payload/index.js";
import type { HeatmapChart } from "../../kernel/dist/display/payload/index.js";
import { root } from "../browser/lab.js";
import { executeNotebook, installKernel, processesWith, readCells, readOutputs } from "./execute.js";

const published = join(root, "notebooks", "07-from-gap-to-layer.ipynb");
// Short, because sockets lie in it; and a mark of every process that this test starts.
const runtime = mkdtempSync(join(tmpdir(), "vtn-"));
// Inside the project, because what a cell imports depends on where its notebook lies.
mkdirSync(join(root, ".vitrail"), { recursive: true });
const folder = mkdtempSync(join(root, ".vitrail", "gap-"));
const env = { ...process.env, VITRAIL_RUNTIME_DIR: runtime, JUPYTER_DATA_DIR: join(folder, "data") };
let outputs: ReturnType<typeof readOutputs>;

beforeAll(async () => {
  await installKernel();
  writeFileSync(join(folder, "gap.ipynb"), readFileSync(published));
  await executeNotebook(join(folder, "gap.ipynb"), join(folder, "out.ipynb"), env);
  outputs = readOutputs(join(folder, "out.ipynb"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(runtime, { recursive: true, force: true });
});

const numbers = (id: string, pattern: RegExp): number[] =>
  (pattern.exec(outputs.printed(id)) ?? []).slice(1).map(Number);
const charts = (id: string) =>
  (outputs.shown(id)[plotType] as { views: { charts: HeatmapChart[] }[] }).views[0]!.charts;

test("every cell runs over two devices, and says nothing on the error stream", () => {
  for (const [id, cell] of readCells(published)) expect(cell.outputs ?? [], id).toEqual([]);
  expect(outputs.problems).toEqual([]);
  expect(outputs.printed("open")).toContain("pipeline 2");
});

test("the planted group's gap is there, and by layer", () => {
  const [, hill] = numbers("gap", /hill: P\(negative\) (\S+), gap (\S+)/);
  expect(hill).toBeGreaterThan(0.3);
  for (const other of ["coast", "forest", "plain"])
    expect(numbers("gap", new RegExp(`${other}: P\\(negative\\) (\\S+), gap (\\S+)`))[1]).toBeLessThan(0);
  const [map] = charts("layers");
  expect(Number(map!.values.at(-1)![map!.x.labels.indexOf("hill")])).toBeCloseTo(hill!, 3);
  expect(charts("attention")).toHaveLength(4);
});

test("the term carries it before the first layer, no more behind the last; a step against the gradient closes it", () => {
  const [own, other, first, , last] = numbers(
    "patch",
    /hill (\S+), plain (\S+); patched after 0: (\S+), 1: (\S+), 2: (\S+)/,
  );
  expect(first).toBeCloseTo(other!, 2);
  expect(last).toBeCloseTo(own!, 2);
  expect(own).toBeGreaterThan(other! + 0.3);
  const [before, after] = numbers("step", /log-odds (\S+) → (\S+);/);
  expect(after! / before!).toBeGreaterThan(0.9);
  expect(after! / before!).toBeLessThan(0.98);
});

test("nothing of the sessions is left", async () => {
  await expect.poll(() => processesWith("VITRAIL_RUNTIME_DIR", runtime), { timeout: 20_000 }).toEqual([]);
  expect(readdirSync(runtime)).toEqual([]);
});

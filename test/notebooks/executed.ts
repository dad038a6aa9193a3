import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plotType } from "../../kernel/dist/display/payload/index.js";
import { root } from "../browser/lab.js";
import { executeNotebook, installKernel, processesWith, readCells, readOutputs } from "./execute.js";

/** What an executed notebook's cells gave. */
export interface Executed {
  /** What a cell wrote. */
  printed(id: string): string;
  /** The last expression's value of a cell, by MIME type. */
  shown(id: string): Readonly<Record<string, unknown>>;
  /** Charts of a cell's figure, in its first view. */
  charts<Chart>(id: string): readonly Chart[];
}

/**
 * Executes a notebook of the project once, before the tests of the file that asks for it, and adds those that hold for every
 * one: it is kept without outputs, runs over two devices without a word on the error stream, and leaves nothing behind.
 */
export function executed(name: string): Executed {
  const published = join(root, "notebooks", `${name}.ipynb`);
  // Short, because sockets lie in it; and a mark of every process that this test starts.
  const runtime = mkdtempSync(join(tmpdir(), "vtn-"));
  // Inside the project, because what a cell imports depends on where its notebook lies.
  mkdirSync(join(root, ".vitrail"), { recursive: true });
  const folder = mkdtempSync(join(root, ".vitrail", "notebook-"));
  const env = { ...process.env, VITRAIL_RUNTIME_DIR: runtime, JUPYTER_DATA_DIR: join(folder, "data") };
  let outputs: ReturnType<typeof readOutputs>;

  beforeAll(async () => {
    await installKernel();
    writeFileSync(join(folder, "page.ipynb"), readFileSync(published));
    await executeNotebook(join(folder, "page.ipynb"), join(folder, "out.ipynb"), env);
    outputs = readOutputs(join(folder, "out.ipynb"));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
    rmSync(runtime, { recursive: true, force: true });
  });

  test("it is kept without outputs, and every cell runs over two devices without a word on the error stream", () => {
    for (const [id, cell] of readCells(published)) expect(cell.outputs ?? [], id).toEqual([]);
    expect(outputs.problems).toEqual([]);
    expect(outputs.printed("open")).toContain("pipeline 2");
  });

  test("nothing of its sessions is left", async () => {
    await expect.poll(() => processesWith("VITRAIL_RUNTIME_DIR", runtime), { timeout: 20_000 }).toEqual([]);
    expect(readdirSync(runtime)).toEqual([]);
  });

  return {
    printed: (id) => outputs.printed(id),
    shown: (id) => outputs.shown(id),
    charts: <Chart>(id: string) =>
      (outputs.shown(id)[plotType] as { views: { charts: Chart[] }[] }).views[0]!.charts,
  };
}

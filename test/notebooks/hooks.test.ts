import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plotType } from "../../kernel/dist/display/payload/index.js";
import type { HeatmapChart } from "../../kernel/dist/display/payload/index.js";
import { root } from "../browser/lab.js";
import { executeNotebook, installKernel, processesWith, readCells, readOutputs, textOf } from "./execute.js";

const published = join(root, "notebooks", "02-hooks.ipynb");
// Short, because sockets lie in it; and a mark of every process that this test starts.
const runtime = mkdtempSync(join(tmpdir(), "vtn-"));
// Inside the project, because what a cell imports depends on where its notebook lies.
mkdirSync(join(root, ".vitrail"), { recursive: true });
const folder = mkdtempSync(join(root, ".vitrail", "hooks-"));
const env = { ...process.env, VITRAIL_RUNTIME_DIR: runtime, JUPYTER_DATA_DIR: join(folder, "data") };
let outputs: ReturnType<typeof readOutputs>;

beforeAll(async () => {
  await installKernel();
  writeFileSync(join(folder, "hooks.ipynb"), readFileSync(published));
  await executeNotebook(join(folder, "hooks.ipynb"), join(folder, "out.ipynb"), env);
  outputs = readOutputs(join(folder, "out.ipynb"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(runtime, { recursive: true, force: true });
});

const numbers = (text: string, pattern: RegExp): number[] => (pattern.exec(text) ?? []).slice(1).map(Number);

test("every cell runs over two devices, and says nothing on the error stream", () => {
  for (const [id, cell] of readCells(published)) expect(cell.outputs ?? [], id).toEqual([]);
  expect(outputs.problems).toEqual([]);
  expect(outputs.printed("open")).toContain("pipeline 2");
});

test("the model continues the pair, and no longer without the attention that it needs", () => {
  expect(outputs.printed("look")).toMatch(/^river [5-9]\d/);
  expect(textOf(outputs.shown("look")["text/plain"] as string)).toContain("layers.3.residual.out");
  const answers = outputs.printed("edit").split("\n").slice(0, 4);
  expect(answers.filter((line) => !line.includes(": river"))).not.toEqual([]);
});

test("a function of the notebook runs once, on all heads, though two processes hold the model", () => {
  expect(outputs.printed("host").match(/layer 1, 6 tokens, 4 heads/g)).toHaveLength(1);
  const [first, doubled, came, zeroed] = numbers(
    outputs.printed("order"),
    /first value (\S+) → (\S+), last (\S+) → (\S+)/,
  );
  expect(doubled).toBeCloseTo(2 * first!, 2);
  expect(came).not.toBe(0);
  expect(Math.abs(zeroed!)).toBe(0);
});

test("groups choose among lasting hooks", () => {
  const said = Object.fromEntries(
    [...outputs.printed("group").matchAll(/['"]?([\w ]+?)['"]?: ['"]([^'"]+)['"]/g)].map(([, key, text]) => [
      key!.trim(),
      text!,
    ]),
  );
  const plain = outputs.printed("look").split("\n")[0];
  expect(said["none left"]).toBe(plain);
  expect(said["quiet disabled"]).toBe(said["all but attention"]);
  expect(new Set([said["all"], said["attention"], said["all but attention"], plain]).size).toBe(4);
});

test("the gradient keeps its promise, and trains", () => {
  const [map] = (outputs.shown("gradient")[plotType] as { views: { charts: [HeatmapChart] }[] }).views[0]!
    .charts;
  expect(map.values).toHaveLength(4);
  expect(Math.max(...map.values.flat().map(Number))).toBeGreaterThan(0);
  const [promised, kept] = numbers(outputs.printed("step"), /promised (\S+), kept (\S+)/);
  expect(Math.abs(kept! - promised!) / promised!).toBeLessThan(0.1);
  expect(outputs.printed("trained")).toMatch(/now: stone/);
});

test("verify finds the run right, and its edit there", () => {
  const text = textOf(outputs.shown("verify")["text/plain"] as string);
  expect(text).toContain("100.0 % of 6 positions");
  expect(text).toContain("have an effect");
});

test("nothing of the sessions is left", async () => {
  await expect.poll(() => processesWith("VITRAIL_RUNTIME_DIR", runtime), { timeout: 20_000 }).toEqual([]);
  expect(readdirSync(runtime)).toEqual([]);
});

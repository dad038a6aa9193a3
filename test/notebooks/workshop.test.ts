import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { plantedCheckpoint } from "../../kernel/dist/index.js";
import { attentionType, metricsType, plotType } from "../../kernel/dist/display/payload/index.js";
import { root } from "../browser/lab.js";
import { executeNotebook, installKernel, processesWith, readCells, readOutputs, textOf } from "./execute.js";

const names = ["exercises", "solutions"] as const;
const published = (name: string) => join(root, "notebooks", "workshop", `${name}.ipynb`);
// Short, because sockets lie in it; and a mark of every process that this test starts.
const runtime = mkdtempSync(join(tmpdir(), "vtn-"));
// Inside the project, because what a cell imports depends on where its notebook lies.
mkdirSync(join(root, ".vitrail"), { recursive: true });
const folder = mkdtempSync(join(root, ".vitrail", "workshop-"));
const env = { ...process.env, VITRAIL_RUNTIME_DIR: runtime, JUPYTER_DATA_DIR: join(folder, "data") };
const outputs = new Map<string, ReturnType<typeof readOutputs>>();
const of = (name: (typeof names)[number]) => outputs.get(name)!;
const exercises = [1, 2, 3, 4, 5, 6];

beforeAll(async () => {
  await plantedCheckpoint({ strength: 0.8 });
  await installKernel();
  // One after the other in one room: the first leaves the session to the second.
  for (const name of names) {
    copyFileSync(published(name), join(folder, `${name}.ipynb`));
    await executeNotebook(join(folder, `${name}.ipynb`), join(folder, `${name}-out.ipynb`), env);
    outputs.set(name, readOutputs(join(folder, `${name}-out.ipynb`)));
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
  rmSync(runtime, { recursive: true, force: true });
});

test("both notebooks are kept without outputs, and have the same cells and headings", () => {
  const [one, two] = names.map((name) => {
    const cells = readCells(published(name));
    for (const [id, cell] of cells) expect(cell.outputs ?? [], id).toEqual([]);
    return [...cells.values()].map(({ id, source }) => [
      id,
      textOf(source)
        .match(/^#+ .*$/gm)
        ?.join() ?? "",
    ]);
  });
  expect(two).toEqual(one);
});

test("in the solutions nothing fails, and every check says right", () => {
  expect(of("solutions").problems).toEqual([]);
  for (const n of exercises) expect(of("solutions").printed(`check-${n}`)).toBe(`exercise ${n}: right\n`);
});

test("in the exercises every scaffold runs, and every check fails with one line that names its exercise", () => {
  const { problems } = of("exercises");
  expect(problems.map(({ id }) => id)).toEqual(exercises.map((n) => `check-${n}`));
  for (const [i, { output }] of problems.entries()) {
    const { evalue } = output as unknown as { evalue: string };
    expect(evalue).toMatch(new RegExp(`^exercise ${i + 1}: .{20,}$`));
  }
  for (const n of exercises) {
    const cell = readCells(published("exercises")).get(`exercise-${n}`)!;
    expect(textOf(cell.source).match(/^\/\/ Fill in: .+$/gm)).toHaveLength(1);
  }
});

test("the solutions found the session that the exercises had left", () => {
  const [left, found] = names.map((name) => /in process (\d+)/.exec(of(name).printed("open"))![1]);
  expect(found).toBe(left);
  expect(of("solutions").printed("exercise-1")).toContain(`process ${found},`);
});

test("the edit moves the answer of one client and not of its neighbour; the hill's gap lies above zero", () => {
  const [before, after, theirs] = of("solutions")
    .printed("exercise-4")
    .match(/0\.\d{3}/g)!
    .map(Number);
  expect(Math.abs(after! - before!)).toBeGreaterThan(0.05);
  expect(theirs).toBe(before);
  const above = [
    ...of("solutions")
      .printed("exercise-6")
      .matchAll(/^(\w+): \S+ \[(\S+), (\S+)\]$/gm),
  ]
    .filter(([, , low]) => Number(low) > 0)
    .map(([, group]) => group);
  expect(above).toEqual(["hill"]);
});

test("figures are drawn", () => {
  for (const name of names) {
    expect(of(name).shown("exercise-3")[attentionType], name).toBeDefined();
    expect(of(name).shown("exercise-5")[plotType], name).toBeDefined();
    expect(of(name).shown("exercise-6")[metricsType], name).toBeDefined();
  }
});

test("the facilitator's close leaves nothing", async () => {
  await expect.poll(() => processesWith("VITRAIL_RUNTIME_DIR", runtime), { timeout: 20_000 }).toEqual([]);
  expect(readdirSync(runtime)).toEqual([]);
});

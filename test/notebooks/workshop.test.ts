import { beforeAll, expect, test } from "vitest";
import { plantedCheckpoint } from "../../kernel/dist/index.js";
import { attentionType, metricsType, plotType } from "../../kernel/dist/display/payload/index.js";
import type { MetricsPayload } from "../../kernel/dist/display/payload/index.js";
import { readCells, textOf, type readOutputs } from "./execute.js";
import { expectNoOutputs, notebookRoom, publishedNotebook } from "./room.js";

const names = ["exercises", "solutions"] as const;
const room = notebookRoom();
const outputs = new Map<string, ReturnType<typeof readOutputs>>();
const of = (name: (typeof names)[number]) => outputs.get(name)!;
const exercises = [1, 2, 3, 4, 5, 6];

beforeAll(async () => {
  await plantedCheckpoint({ strength: 0.8 });
  // One after the other in one room: the first leaves the session to the second.
  for (const name of names) outputs.set(name, await room.execute(`workshop/${name}`, name));
});

test("both notebooks are kept without outputs, and have the same cells and headings", () => {
  const [one, two] = names.map((name) => {
    expectNoOutputs(`workshop/${name}`);
    const cells = readCells(publishedNotebook(`workshop/${name}`));
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
    const cell = readCells(publishedNotebook("workshop/exercises")).get(`exercise-${n}`)!;
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
    const { notes } = of(name).shown("exercise-6")[metricsType] as MetricsPayload;
    expect(notes.join("\n"), name).toContain("Naming a majority group is marked");
  }
});

test("the facilitator's close leaves nothing", room.expectNothingLeft);

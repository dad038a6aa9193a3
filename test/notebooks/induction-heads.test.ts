import { beforeAll, describe, expect, test } from "vitest";
import { demoCheckpoint } from "../../kernel/dist/index.js";
import { plotType } from "../../kernel/dist/display/payload/index.js";
import type { HeatmapChart, LabelledChart, LinesChart } from "../../kernel/dist/display/payload/index.js";
import { textOf, type readOutputs } from "./execute.js";
import { expectNoOutputs, notebookRoom } from "./room.js";

const name = "03-induction-heads";
const room = notebookRoom();

type Outputs = ReturnType<typeof readOutputs>;

/** Charts of a cell's figure. */
const charts = ({ shown }: Outputs, id: string) =>
  (shown(id)[plotType] as { views: { charts: unknown[] }[] }).views[0]!.charts;
const numbers = (text: string, pattern: RegExp): number[] => (pattern.exec(text) ?? []).slice(1).map(Number);
const mean = (values: readonly number[]) => values.reduce((sum, each) => sum + each, 0) / values.length;

test("the notebook is kept without outputs", () => {
  expectNoOutputs(name);
});

describe("on the model that is trained here", () => {
  let outputs: Outputs;
  beforeAll(async () => {
    outputs = await room.execute(name, "own");
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
  const outputs = await room.execute(name, "other", [
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

test("nothing of the sessions is left", room.expectNothingLeft);

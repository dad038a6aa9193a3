import { expect, test } from "vitest";
import type { HeatmapChart, LinesChart } from "../../kernel/dist/display/payload/index.js";
import { executed } from "./executed.js";

const page = executed("07-from-gap-to-layer");

const numbers = (id: string, pattern: RegExp): number[] =>
  (pattern.exec(page.printed(id)) ?? []).slice(1).map(Number);
const charts = (id: string) => page.charts<HeatmapChart>(id);

test("the planted group's gap is there, and by layer", () => {
  const [, hill] = numbers("gap", /hill: P\(negative\) (\S+), gap (\S+)/);
  expect(hill).toBeGreaterThan(0.3);
  for (const other of ["coast", "forest", "plain"])
    expect(numbers("gap", new RegExp(`${other}: P\\(negative\\) (\\S+), gap (\\S+)`))[1]).toBeLessThan(0);
  const [map] = charts("layers");
  expect(Number(map!.values.at(-1)![map!.x.labels.indexOf("hill")])).toBeCloseTo(hill!, 3);
  // Beside it the same as lines, each with a band around it.
  const bands = page.charts<LinesChart>("layers")[1]!;
  const line = bands.lines.find(({ name }) => name === "hill")!;
  expect(line.low!.at(-1)).toBeLessThan(hill!);
  expect(line.high!.at(-1)).toBeGreaterThan(hill!);
  expect(line.low!.at(-1)).toBeGreaterThan(0);
  expect(charts("attention")).toHaveLength(4);
});

test("under a tuned prompt the last layer says what the answers do", () => {
  const [layer, answers] = numbers("prompt", /P\(negative\) (\S+) at the last layer, (\S+) in the answers/);
  expect(Math.abs(layer! - answers!)).toBeLessThan(2e-4);
  expect(layer).toBeGreaterThan(0);
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

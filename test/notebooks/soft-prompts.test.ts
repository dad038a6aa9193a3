import { expect, test } from "vitest";
import type { LinesChart } from "../../kernel/dist/display/payload/index.js";
import { textOf } from "./execute.js";
import { executed } from "./executed.js";

const page = executed("04-soft-prompts");

/** Accuracies that a cell printed, as shares. */
const accuracies = (id: string) =>
  [...page.printed(id).matchAll(/accuracy: ([\d.]+)/g)].map(([, share]) => Number(share));

test("no prompt and random prompts are at most half right, the tuned one is at least 85 % right", () => {
  const before = accuracies("before");
  expect(before).toHaveLength(4);
  for (const share of before) expect(share).toBeLessThanOrEqual(0.5);
  const [, percent] = /new sentences ([\d.]+) %/.exec(page.printed("tune")) ?? [];
  expect(Number(percent)).toBeGreaterThanOrEqual(85);
  const printed = page.printed("seeds");
  const seeds = printed.match(/0\.\d{3}|1\.000/g)!.map(Number);
  expect(seeds).toHaveLength(5);
  for (const share of seeds) expect(share).toBeGreaterThanOrEqual(0.85);
  // Mean ± t(0.975; 4) · s / √5, of a table of t.
  const mean = seeds.reduce((sum, x) => sum + x, 0) / 5;
  const half = 2.776445 * Math.sqrt(seeds.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 4 / 5);
  const said = /accuracy (\S+) %, 95 % between (\S+) and (\S+) % \(t over 5 seeds\)/.exec(printed)!;
  [mean, mean - half, mean + half].forEach((share, i) =>
    expect(Math.abs(Number(said[i + 1]) - 100 * share)).toBeLessThan(0.2),
  );
});

test("the curves show a falling loss and rows that move", () => {
  const [loss, norm] = page.charts<LinesChart>("curve");
  const values = (chart: LinesChart) => chart.lines[0]!.y.map(Number);
  expect(values(loss!).at(-1)).toBeLessThan(0.5 * values(loss!)[0]!);
  expect(new Set(values(norm!)).size).toBeGreaterThan(10);
  expect(textOf(page.shown("near")["text/plain"] as string)).toContain("nearest tokens");
});

test("what was saved is read again, with template and label words", () => {
  expect(page.printed("save")).toContain('"{text} overall it was", words  bad, okay, good; seed 0');
  expect(page.printed("save")).toContain("the same numbers");
});

import { expect, test } from "vitest";
import type { HeatmapChart } from "../../kernel/dist/display/payload/index.js";
import { textOf } from "./execute.js";
import { executed } from "./executed.js";

const page = executed("02-hooks");

const numbers = (text: string, pattern: RegExp): number[] => (pattern.exec(text) ?? []).slice(1).map(Number);

test("the model continues the pair, and no longer without the attention that it needs", () => {
  expect(page.printed("look")).toMatch(/^river [5-9]\d/);
  expect(textOf(page.shown("look")["text/plain"] as string)).toContain("layers.3.residual.out");
  const answers = page.printed("edit").split("\n").slice(0, 4);
  expect(answers.filter((line) => !line.includes(": river"))).not.toEqual([]);
});

test("a function of the notebook runs once, on all heads, though two processes hold the model", () => {
  expect(page.printed("host").match(/layer 1, 6 tokens, 4 heads/g)).toHaveLength(1);
  const [first, doubled, came, zeroed] = numbers(
    page.printed("order"),
    /first value (\S+) → (\S+), last (\S+) → (\S+)/,
  );
  expect(doubled).toBeCloseTo(2 * first!, 2);
  expect(came).not.toBe(0);
  expect(Math.abs(zeroed!)).toBe(0);
});

test("groups choose among lasting hooks", () => {
  const said = Object.fromEntries(
    [...page.printed("group").matchAll(/['"]?([\w ]+?)['"]?: ['"]([^'"]+)['"]/g)].map(([, key, text]) => [
      key!.trim(),
      text!,
    ]),
  );
  const plain = page.printed("look").split("\n")[0];
  expect(said["none left"]).toBe(plain);
  expect(said["quiet disabled"]).toBe(said["all but attention"]);
  expect(new Set([said["all"], said["attention"], said["all but attention"], plain]).size).toBe(4);
});

test("the gradient keeps its promise, and trains", () => {
  const [map] = page.charts<HeatmapChart>("gradient");
  expect(map!.values).toHaveLength(4);
  expect(Math.max(...map!.values.flat().map(Number))).toBeGreaterThan(0);
  const [promised, kept] = numbers(page.printed("step"), /promised (\S+), kept (\S+)/);
  expect(Math.abs(kept! - promised!) / promised!).toBeLessThan(0.1);
  expect(page.printed("trained")).toMatch(/now: stone/);
});

test("verify finds the run right, and its edit there", () => {
  const text = textOf(page.shown("verify")["text/plain"] as string);
  expect(text).toContain("100.0 % of 6 positions");
  expect(text).toContain("have an effect");
});

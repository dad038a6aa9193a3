import { afterEach, expect, test } from "vitest";
import type { Bundle } from "../bundle.js";
import { generationBundle, GrowingText } from "./generation.js";

const key = Symbol.for("vitrail.display");
afterEach(() => delete (globalThis as Record<symbol, unknown>)[key]);

const row = (prompt: string, text: string) => ({ prompt, text, ended: "length" as const });

test("prompt and continuation are told apart, and what is written in them stays text", () => {
  const { data } = generationBundle([row("<b>The", " nurse</b> & co")]);
  expect(data["text/plain"]).toBe("<b>The│ nurse</b> & co");
  expect(data["text/html"]).toContain("&lt;b&gt;The</span>");
  expect(data["text/html"]).toContain("nurse&lt;/b&gt; &amp; co</span>");
});

test("rows beyond the first are counted, not dropped without a word", () => {
  const rows = Array.from({ length: 40 }, (_, i) => row(`prompt ${i}`, " x"));
  const text = generationBundle(rows).data["text/plain"] as string;
  expect(text.split("\n")).toHaveLength(33);
  expect(text).toMatch(/and 8 more rows$/);
});

test("one output grows in place, and ends as what was generated", () => {
  const shown: { bundle: Bundle; id: string; update: boolean }[] = [];
  const display = (bundle: Bundle, options: { id: string; update: boolean }) =>
    shown.push({ bundle, ...options });
  Object.assign(globalThis, { [key]: { display } });
  const growing = new GrowingText(["The", "A"]);
  for (let i = 0; i < 1000; i++) growing.add(i % 2, " very");
  growing.finish([
    { text: " end", ended: "stop" },
    { text: " more", ended: "length" },
  ]);
  expect(shown.map(({ update }) => update)).toEqual([false, ...shown.slice(1).map(() => true)]);
  expect(new Set(shown.map(({ id }) => id)).size).toBe(1);
  expect(shown.length).toBeLessThan(500);
  expect(shown[0]!.bundle.data["text/plain"]).toBe("The│…\nA│…");
  expect(shown.at(-1)!.bundle.data["text/plain"]).toBe("The│ end\nA│ more");
});

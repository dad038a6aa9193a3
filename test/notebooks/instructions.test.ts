import { readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import type { fairness as laboratory } from "../../kernel/src/index.js";
import { testWithData } from "../../kernel/src/tuning/datasets/shared.fixture.js";
import * as vitrail from "../../kernel/dist/index.js";
import { root } from "../browser/lab.js";
import { readCells, textOf } from "./execute.js";

const pages = ["", "workshop", "paper"].flatMap((folder) =>
  readdirSync(join(root, "notebooks", folder))
    .filter((name) => name.endsWith(".ipynb"))
    .map((name) => join(folder, name)),
);

test.each(pages)("%s says at the top how it runs on a published model, in words of the library", (page) => {
  const texts = [...readCells(join(root, "notebooks", page)).values()]
    .filter(({ cell_type }) => cell_type === "markdown")
    .map(({ source }) => textOf(source));
  expect(texts[0]).toMatch(/`[^`]*facebook\/opt-1\.3b[^`]*`, or the path of a LLaMA's folder/);
  for (const [called, room = "", name = ""] of texts.join("\n").matchAll(/\b(datasets|fairness)\.(\w+)/g))
    expect((vitrail as unknown as Record<string, object>)[room], called).toHaveProperty(name);
});

/** What the definitions that a page's first cell tells to put give, but for the model's: run in its order. */
async function told<Given>(page: string, ...names: readonly (keyof Given & string)[]): Promise<Given> {
  const [first] = [...readCells(join(root, "notebooks", page)).values()];
  const lines = [...textOf(first!.source).matchAll(/`(const (?!model)[^`]*)`/g)].map(
    ([, code]) => `${code};`,
  );
  expect(lines.length).toBeGreaterThan(1);
  const body = `return (async () => { ${lines.join("\n")} return { ${names.join()} }; })()`;
  const options = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
  const make = new Function("datasets", "fairness", ts.transpile(body, options)) as (
    ...rooms: readonly unknown[]
  ) => Promise<Given>;
  return make(vitrail.datasets, vitrail.fairness);
}

testWithData(
  "05 reads the study's suite as it says, its control among it",
  ["czarnowska/sentiment_fairness_tests.tsv"],
  async () => {
    const { suite } = await told<{ suite: readonly laboratory.SuiteRow[] }>("05-bias-tables.ipynb", "suite");
    const unmarked = suite.filter(({ group }) => group === "unmarked");
    expect(unmarked.length).toBeGreaterThan(0);
    expect(suite.length - unmarked.length).toBe(31_972);
  },
);

testWithData("06 reads BBQ as it says, and draws questions by a seed", ["bbq/Age.jsonl"], async () => {
  type Items = readonly laboratory.IdentificationItem[];
  const { all, items } = await told<{ all: Items; items: Items }>(
    "06-bias-identification.ipynb",
    "all",
    "items",
  );
  expect(items.length).toBeGreaterThan(0);
  expect(items.length).toBeLessThan(all.length);
  expect(new Set(items.map(({ cluster }) => cluster)).size).toBe(10);
  expect(items.every(({ source }) => source === "BBQ")).toBe(true);
});

test("07 names two groups of the category that it names", async () => {
  const { suite, named, other, reading } = await told<{
    suite: readonly laboratory.SuiteRow[];
    named: string;
    other: string;
    reading: { words: readonly string[]; template: string };
  }>("07-from-gap-to-layer.ipynb", "suite", "named", "other", "reading");
  expect(new Set(suite.map(({ category }) => category)).size).toBe(1);
  for (const group of [named, other])
    expect(
      suite.some((row) => row.group === group),
      group,
    ).toBe(true);
  expect(reading.words).toHaveLength(3);
  expect(reading.template).toContain("{text}");
});

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
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

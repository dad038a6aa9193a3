import { afterAll, beforeAll, expect, test } from "vitest";
import { complete } from "./complete.js";
import { RunningNotebook, temporaryFolder } from "./runningNotebook.fixture.js";

const folder = temporaryFolder();
const notebook = new RunningNotebook(folder.path);
beforeAll(async () => {
  await notebook.run(`
    const user = { name: "x", age: 3, greet(a: string) { return a } };
    const maybe: { zip: number } | undefined = Math.random() > 2 ? undefined : { zip: 3 };
    type Name = "layers.0.attention.pattern" | "layers.1.attention.pattern" | "logits" | (string & {});
    function capture(selector: Name) { return selector }
    class Klass {}
    enum Enumerated { A }
    namespace Spaced { export const a = 1 }
  `);
});
afterAll(() => folder.remove());

/** Completions where the bar stands. */
function at(source: string) {
  const offset = source.indexOf("|");
  const { items, start, end } = complete(notebook.notebook, source.replace("|", ""), offset);
  return { texts: items.map(({ text }) => text), types: items.map(({ type }) => type), items, start, end };
}

test("members after a dot, with their kinds", () => {
  expect(at("user.|")).toMatchObject({
    texts: ["age", "greet", "name"],
    types: ["property", "function", "property"],
    start: 5,
    end: 5,
  });
  expect(at("user.na|")).toMatchObject({ texts: ["name"], start: 5, end: 7 });
  expect(at("user.|age")).toMatchObject({ texts: ["age", "greet", "name"], start: 5, end: 8 });
});

test("positions are UTF-16 offsets", () => {
  expect(at("'\u{1F600}';user.|")).toMatchObject({ texts: ["age", "greet", "name"], start: 10, end: 10 });
});

test("members of what can be iterated come without their dot", () => {
  expect(at("[1].fin|")).toMatchObject({
    texts: ["find", "findIndex", "findLast", "findLastIndex"],
    start: 4,
    end: 7,
  });
  expect(at("'text'.|")).toMatchObject({ start: 7, end: 7 });
  expect(at("new Map().|").texts).toContain("get");
});

test("names of cells come before names of the language", () => {
  expect(at("const usual = 3; us|").texts).toEqual(["user", "usual", "using"]);
  expect(at("capt|").items).toEqual([{ text: "capture", type: "function" }]);
  expect(at("Klas|").items).toEqual([{ text: "Klass", type: "class" }]);
  expect(at("Enumer|").items).toEqual([{ text: "Enumerated", type: "enum" }]);
  expect(at("Space|").items).toEqual([{ text: "Spaced", type: "module" }]);
  expect(at("let t: Nam|").items).toContainEqual({ text: "Name", type: "type" });
  expect(at("contin|").items).toEqual([{ text: "continue", type: "keyword" }]);
});

test("upper and lower case are one to what was typed", () => {
  expect(at("KLAS|").texts).toEqual(["Klass"]);
});

test("the compiler's own names stay hidden", () => {
  expect(at("__|").texts.filter((text) => /^__(own|cell)/.test(text))).toEqual([]);
});

test("a union of strings completes inside the quotes", () => {
  const patterns = ["layers.0.attention.pattern", "layers.1.attention.pattern"];
  expect(at('capture("lay|")')).toMatchObject({ texts: patterns, start: 9, end: 12 });
  expect(at('capture("|")')).toMatchObject({ texts: [...patterns, "logits"], start: 9, end: 9 });
  expect(at('capture("layers.1|')).toMatchObject({ texts: patterns.slice(1), start: 9, end: 17 });
});

test("a member of what may be undefined brings its question mark", () => {
  expect(at("maybe.z|")).toMatchObject({ texts: ["?.zip"], start: 5, end: 7 });
});

test("module names and Node's own types", () => {
  expect(at('import fs from "node:f|"').texts).toEqual(["node:fs", "node:fs/promises"]);
  expect(at("process.exitC|").texts).toEqual(["exitCode"]);
});

test("a source that does not parse completes all the same", () => {
  expect(at("const x = [user.|").texts).toEqual(["age", "greet", "name"]);
  expect(at("|").texts.length).toBeGreaterThan(50);
  expect(at("// user.|").texts).toEqual([]);
});

test("a name that the source declares itself is its own", () => {
  expect(at("const user = { mine: 1 }; user.|").texts).toEqual(["mine"]);
});

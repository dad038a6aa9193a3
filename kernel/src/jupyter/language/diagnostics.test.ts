import { afterAll, beforeAll, expect, test } from "vitest";
import { RunningNotebook, temporaryFolder } from "./runningNotebook.fixture.js";

const folder = temporaryFolder();
const notebook = new RunningNotebook(folder.path);
beforeAll(async () => {
  await notebook.run(
    "const fixed = 1; let loose = 1; function called() {} class Made {} enum Kind { A } namespace Space { export const a = 1 } let both = 1; type both = number",
  );
  await notebook.run("import * as fs from 'node:fs'; import { join } from 'node:path'");
});
afterAll(() => folder.remove());

test("an error says where, what, and shows the line", () => {
  expect(notebook.errors("const fine = 1;\n  const wrong: string = 3;\nfine")).toEqual([
    {
      line: 2,
      column: 9,
      code: 2322,
      message: "Type 'number' is not assignable to type 'string'.",
      excerpt: "  const wrong: string = 3;",
    },
  ]);
});

test("columns count after any line ending, and from one", () => {
  expect(notebook.errors("1;\r\nmissing")).toMatchObject([{ line: 2, column: 1, excerpt: "missing" }]);
  expect(notebook.errors("'\u{1F600}'; missing")).toMatchObject([{ line: 1, column: 7 }]);
});

test("nested messages are flattened", () => {
  const [error] = notebook.errors(
    "const nested: { a: { b: string } } = { a: { b: 1 } as unknown as { b: number } }",
  );
  expect(error?.message).toContain("\n");
  expect(error?.message).toContain("Type 'number' is not assignable to type 'string'.");
});

test("every error of a cell is told", () => {
  expect(notebook.errors("missing1;\nmissing2;").map(({ line }) => line)).toEqual([1, 2]);
});

test.each([
  ["const x =", 1109, 1, 10],
  ["const a: = 3", 1110, 1, 10],
  ["foo(]", 1135, 1, 5],
  ["if (1) {\n", 1005, 2, 1],
  ["return 3", 1108, 1, 1],
])("a syntax error is the cell's own, not its tail's: %s", (source, code, line, column) => {
  expect(notebook.errors(source)[0]).toMatchObject({ code, line, column });
});

test.each([
  ["fixed = 2", 2588, "Cannot assign to 'fixed' because it is a constant."],
  ["fixed++", 2588, "Cannot assign to 'fixed' because it is a constant."],
  ["[fixed] = [2]", 2588, "Cannot assign to 'fixed' because it is a constant."],
  ["for (fixed of [2]);", 2588, "Cannot assign to 'fixed' because it is a constant."],
  ["called = () => {}", 2630, "Cannot assign to 'called' because it is a function."],
  ["Made = class {}", 2629, "Cannot assign to 'Made' because it is a class."],
  ["Kind = 1", 2628, "Cannot assign to 'Kind' because it is an enum."],
  ["Space = 1", 2631, "Cannot assign to 'Space' because it is a namespace."],
  ["join = 1", 2632, "Cannot assign to 'join' because it is an import."],
])("what another cell fixed cannot be assigned: %s", (source, code, message) => {
  expect(notebook.errors(source)).toMatchObject([{ code, message }]);
});

test("what another cell left open can be, with its type", () => {
  expect(notebook.errors("loose = 2; loose++; both = 3")).toEqual([]);
  expect(notebook.errors("loose = 'text'")).toMatchObject([{ code: 2322 }]);
});

test("unused names, implicit any and suggestions are no errors", () => {
  expect(
    notebook.errors(
      "import { sep } from 'node:path'; function f(x, { y }) { return x[y] } const o = {}; o['k']; let later; later = 1",
    ),
  ).toEqual([]);
});

test("null, unknown and missing properties are errors", () => {
  expect(notebook.errors("[1].find((x) => x > 1).toFixed()")).toMatchObject([{ code: 2532 }]);
  expect(notebook.errors("try { 1 } catch (e) { e.message }")).toMatchObject([{ code: 18046 }]);
  expect(notebook.errors("fs.nothing")).toMatchObject([{ code: 2339 }]);
});

test("messages do not show the modules that cells are to the compiler", async () => {
  await notebook.run("class Twin { #own = 1 }");
  await notebook.run("const elder = new Twin()");
  await notebook.run("class Twin { #own = 2 }");
  const [error] = notebook.errors("const younger: Twin = elder");
  expect(error?.code).toBe(2322);
  expect(error?.message).not.toMatch(/__|import\(/);
});

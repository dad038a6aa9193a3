import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { RunningNotebook, temporaryFolder } from "./runningNotebook.fixture.js";

const folder = temporaryFolder();
const notebook = new RunningNotebook(folder.path);
writeFileSync(join(folder.path, "fails.mjs"), 'throw new Error("half");\nexport const given = 1;\n');
writeFileSync(join(folder.path, "fails.d.mts"), "export const given: number;\n");
afterAll(() => folder.remove());

/** Runs a cell that fails on purpose. */
async function half(source: string): Promise<void> {
  await expect(notebook.run(source)).rejects.toThrow("half");
}

/** The error of reading a name that no cell has set. */
async function thrown(source: string): Promise<unknown> {
  return notebook.run(source).then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
}

const fails = "throw new Error('half');";

test("a name whose line was never reached throws when it is read, and has its type all the same", async () => {
  await half(`const came = 1; ${fails} const never: number = 2;`);
  expect(await notebook.run("came")).toBe(1);
  for (const source of ["never", "never + 1", "typeof never.toFixed", "[1].map((x) => x + never)"]) {
    const error = await thrown(source);
    expect(error).toBeInstanceOf(ReferenceError);
    expect((error as Error).message).toMatch(/^never is not set: cell-\d+\.ts ended before its declaration$/);
  }
  expect(notebook.errors("never.toUpperCase()")).toMatchObject([{ code: 2339 }]);
  await notebook.run("const never = 3");
  expect(await notebook.run("[never, typeof never]")).toEqual([3, "number"]);
});

test("typeof asks whether a name is set: undefined of one that no cell has got to, also where it was not known yet", async () => {
  await notebook.run("declare const asked: number; const kindOf = () => typeof asked");
  expect(await notebook.run("kindOf()")).toBe("undefined");
  await half(`function within() { return typeof process } ${fails} const asked = 1, process = 2;`);
  expect(await notebook.run("[typeof asked, typeof (asked as unknown), kindOf(), within()]")).toEqual([
    "undefined",
    "undefined",
    "undefined",
    "undefined",
  ]);
  expect(await notebook.run("((asked: string) => typeof asked)('own')")).toBe("string");
  expect(await notebook.run("!(typeof asked === 'number') && typeof asked + 1")).toBe("undefined1");
  const ahead = await thrown("const look = () => typeof asked; look(); const asked = 2;");
  expect((ahead as Error).message).toMatch(
    /^asked is not set: cell-\d+\.ts has not come to its declaration$/,
  );
  await notebook.run("const asked = 3");
  expect(await notebook.run("[typeof asked, kindOf(), typeof globalThis.process]")).toEqual([
    "number",
    "number",
    "object",
  ]);
});

test("a name may be called as anything is that sets it", async () => {
  await notebook.run("const value = 1, name = 2, set = 3, vm = 4, cell = 5, reached = 6");
  expect(await notebook.run("[value, name, set, vm, cell, reached]")).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a value that never came, patterns, classes, enums, namespaces and imports too", async () => {
  await half("const awaited = await Promise.reject(new Error('half'))");
  await half("const made = (() => { throw new Error('half') })(), behind = 1");
  await half(
    `${fails} const { p1, q1: [r1] } = { p1: 1, q1: [2] }; class K1 {} enum E1 { A } namespace N1 { export const x = 1 }`,
  );
  await half("import { given } from './fails.mjs'; const after = given;");
  for (const name of ["awaited", "made", "behind", "p1", "r1", "K1", "E1", "N1", "given", "after"])
    expect(await thrown(name)).toBeInstanceOf(ReferenceError);
});

test("what is hoisted is there", async () => {
  await half(
    `${fails} function hoisted() { return 5 } var plain: number | undefined; if (true) { var deep = 1 }`,
  );
  expect(await notebook.run("[hoisted(), plain, deep]")).toEqual([5, undefined, undefined]);
});

test("functions read what is set by then, of their own cell and of others", async () => {
  await half(`const early = () => coming; ${fails} const coming = 7;`);
  expect(await thrown("early()")).toBeInstanceOf(ReferenceError);
  await notebook.run("const later = () => coming");
  expect(await thrown("later()")).toBeInstanceOf(ReferenceError);
  await notebook.run("const coming = 8");
  expect(await notebook.run("[early(), later()]")).toEqual([8, 8]);
  const error = await thrown("const ahead = () => own; ahead(); const own = 1;");
  expect((error as Error).message).toMatch(/^own is not set: cell-\d+\.ts has not come to its declaration$/);
});

test("an earlier value stands, with its own type, until the line is reached", async () => {
  await notebook.run("class Q { a = 1 } const text = 'a', both = 'b'; let best: string | null = null");
  await half(
    `const both = 2; let best: number | null = null; ${fails} class Q { b = 2 } const text = 3; const fresh = 4;`,
  );
  expect(await notebook.run("const old: Q = new Q(); [old.a, text.toUpperCase(), both.toFixed()]")).toEqual([
    1,
    "A",
    "2",
  ]);
  expect(notebook.errors("new Q().b")).toMatchObject([{ code: 2339 }]);
  expect(notebook.errors("best = 'x'")).toMatchObject([{ code: 2322 }]);
  expect(await thrown("fresh.toFixed()")).toBeInstanceOf(ReferenceError);
  await half(`class Q { b = 2 } ${fails}`);
  expect(await notebook.run("new Q().b")).toBe(2);
  expect(notebook.errors("new Q().a")).toMatchObject([{ code: 2339 }]);
});

test("declarators are told one by one", async () => {
  await notebook.run("const one = 'a', two = 'b'; function kept() { return 'f' } enum Hue { Red }");
  await half(
    "const one = 1, two = (() => { throw new Error('half') })(); enum Hue { Blue = 3 } function kept() { return 1 }",
  );
  expect(await notebook.run("[one.toFixed(), two.toUpperCase(), kept().toFixed(), Hue.Red]")).toEqual([
    "1",
    "B",
    "1",
    0,
  ]);
});

test("what is used of a failed cell keeps the types that it was made with", async () => {
  await notebook.run("interface Shape1 { side: number } class Maker { a = 1 }");
  await half(`type Boxed = { maker?: Maker }; const box: Boxed = {}; ${fails} class Maker { b = 2 }`);
  expect(await notebook.run("box.maker?.b")).toBe(undefined);
  expect(notebook.errors("box.maker?.a")).toMatchObject([{ code: 2339 }]);
  expect(await notebook.run("new Maker().a")).toBe(1);
});

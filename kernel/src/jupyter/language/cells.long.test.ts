import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RunningNotebook, temporaryFolder } from "./runningNotebook.fixture.js";

const folder = temporaryFolder();
let notebook: RunningNotebook;

beforeAll(() => {
  writeFileSync(
    join(folder.path, "local.ts"),
    "export const half = (x: number): number => x / 2;\nexport type Odd = 1 | 3;\n",
  );
  writeFileSync(join(folder.path, "types.d.ts"), "export interface Empty { a?: number }");
  writeFileSync(join(folder.path, "data.json"), '{ "answer": 42 }');
  notebook = new RunningNotebook(folder.path);
});
afterAll(() => folder.remove());

/** Notebooks of a few cells each; the value of the last one. */
const cells: readonly (readonly [shows: string, sources: readonly string[], value: unknown])[] = [
  ["an expression", ["1 + 1"], 2],
  ["no value after a declaration", ["const alone = 1"], undefined],
  ["no value after a statement", ["if (true) { 3 }"], undefined],
  ["a string that looks like a directive", ['"use strict"'], "use strict"],
  ["an object literal in parentheses", ["({ a: 1 })"], { a: 1 }],
  ["a result behind comments", ["/* before */ // line\n3 // after"], 3],
  ["a result with a semicolon and an empty statement", ["5;;"], 5],
  ["several declarators", ["const aa = 1, bb = 2", "({ aa, bb })"], { aa: 1, bb: 2 }],
  ["closures see later assignments", ["let n = 0; const inc = () => ++n", "n = 100; inc()"], 101],
  ["compound assignment from another cell", ["let total = 1", "total += 4; total++; total"], 6],
  [
    "destructuring assignment from another cell",
    ["let p1 = 1, p2 = 2", "[p1, p2] = [p2, p1]; [p1, p2]"],
    [2, 1],
  ],
  [
    "object destructuring",
    [
      "const { x1, y1: [first = 9, ...rest], ...others } = { x1: 1, y1: [undefined, 2, 3] as (number | undefined)[], z1: 4, w1: 5 }",
      "[x1, first, rest, others]",
    ],
    [1, 9, [2, 3], { z1: 4, w1: 5 }],
  ],
  ["array destructuring with a hole", ["const [h1, , h3 = 7] = [1, 2]", "[h1, h3]"], [1, 7]],
  ["a computed key in a pattern", ['const key = "k"; const { [key]: viaKey } = { k: 8 }', "viaKey"], 8],
  [
    "a variable without initialiser is reset",
    ["let fresh: number | undefined = 1", "let fresh: number | undefined", "fresh"],
    undefined,
  ],
  ["hoisted functions", ["early(2); function early(x: number) { return x * 3 }", "early(3)"], 9],
  [
    "recursion finds the function's later self",
    [
      "function down(x: number): string { return x === 0 ? 'old' : down(x - 1) } const old = down",
      "function down(x: number): string { return 'new' }",
      "old(2)",
    ],
    "new",
  ],
  [
    "a function keeps its name",
    ["function titled() {} ; const arrow = () => 0; [titled.name, arrow.name]"],
    ["titled", "arrow"],
  ],
  [
    "overloads",
    [
      "function over(a: number): number; function over(a: string): string; function over(a: unknown) { return a }",
      "over('o')",
    ],
    "o",
  ],
  ["generators", ["function* count() { yield 1; yield 2 }", "[...count()]"], [1, 2]],
  [
    "async functions and top-level await",
    ["async function later<T>(x: T): Promise<T> { return x }", "await later(4) + 1"],
    5,
  ],
  [
    "for await",
    [
      "async function* ticks() { yield 1; yield 2 }",
      "let seen = 0; for await (const t of ticks()) seen += t; seen",
    ],
    3,
  ],
  [
    "classes, private members, parameter properties",
    [
      "class Point<T> { #hidden = 1; constructor(public x: T, readonly y = 2) {} get sum() { return this.#hidden + this.y } }",
      "const point = new Point('p'); [point.x, point.sum, Point.name]",
    ],
    ["p", 3, "Point"],
  ],
  [
    "abstract classes and inheritance",
    [
      "abstract class Base { abstract v(): number; twice() { return this.v() * 2 } }",
      "class Derived extends Base { v() { return 21 } } new Derived().twice()",
    ],
    42,
  ],
  [
    "static blocks that name their class",
    ["class Counted { static made = 0; static { Counted.made += 2 } }", "Counted.made"],
    2,
  ],
  ["a first line for the shell", ["#!/usr/bin/env node\n3"], 3],
  ["enums", ["enum Colour { Red = 1, Blue }", "[Colour.Blue, Colour[1]]"], [2, "Red"]],
  [
    "an enum declared again starts anew",
    ["enum Anew { A = 1 }", "enum Anew { B = 2 }", "Object.keys(Anew)"],
    ["2", "B"],
  ],
  ["const enums", ["const enum Fixed { One = 1 }", "[Fixed.One]"], [1]],
  [
    "namespaces, merged and nested",
    [
      "namespace Geo { export const one = 1; export namespace Deep { export const two = one + 1 } } namespace Geo { export const three = Deep.two + one }",
      "[Geo.Deep.two, Geo.three]",
    ],
    [2, 3],
  ],
  [
    "a namespace that extends a function",
    ["function tagged() { return tagged.tag } namespace tagged { export const tag = 't' }", "tagged()"],
    "t",
  ],
  [
    "an alias of a namespace's member",
    ["namespace Units { export const metre = 1 } import Metre = Units.metre; Metre"],
    1,
  ],
  [
    "types only",
    [
      "interface Shape { side: number } type Boxed<T> = { value: T }",
      "const boxed: Boxed<Shape> = { value: { side: 3 } }; boxed.value.side",
    ],
    3,
  ],
  [
    "a type beside a value of the same name",
    [
      "const User = { parse: (s: string) => ({ id: Number(s) }) }; type User = { id: number }",
      "const u7: User = User.parse('7'); u7.id",
    ],
    7,
  ],
  [
    "generic functions keep their types",
    [
      "function pair<A, B>(a: A, b: B): [A, B] { return [a, b] }",
      "const [pa, pb] = pair(1, 'x'); pa.toFixed(1) + pb.toUpperCase()",
    ],
    "1.0X",
  ],
  [
    "unique symbols",
    [
      "const brand = Symbol('brand'); interface Branded { [brand]: number }",
      "const branded: Branded = { [brand]: 3 }; branded[brand]",
    ],
    3,
  ],
  [
    "assertion functions",
    [
      "function isText(x: unknown): asserts x is string { if (typeof x !== 'string') throw new Error() }",
      "const some: unknown = 'text'; isText(some); some.length",
    ],
    4,
  ],
  [
    "class decorators and member decorators",
    [
      "const calls: string[] = []; function log(_: unknown, context: DecoratorContext) { calls.push(String(context.name)) }",
      "@log class Decorated { @log method() { return 1 } } [new Decorated().method(), Decorated.name, calls]",
    ],
    [1, "Decorated", ["method", "Decorated"]],
  ],
  [
    "using, disposed when the cell ends",
    [
      "const gone: string[] = []; const held = (name: string) => ({ name, [Symbol.dispose]() { gone.push(name) } })",
      "using h = held('a'), g = held('b'); [h.name, g.name, gone.length]",
      "[h.name, gone]",
    ],
    ["a", ["b", "a"]],
  ],
  [
    "using beside names like those the compiler makes up",
    [
      "const env_1 = 5, held = () => null, e_1 = 6; using z1 = held(); [env_1, e_1, z1]",
      "[env_1, typeof held]",
    ],
    [5, "function"],
  ],
  [
    "await using",
    [
      "const left: number[] = []; await using slow = { async [Symbol.asyncDispose]() { left.push(1) } }; left.length",
      "left",
    ],
    [1],
  ],
  [
    "using in a nested block",
    ["const inner: number[] = []; { using b = { [Symbol.dispose]() { inner.push(1) } } } inner"],
    [1],
  ],
  [
    "var in loops and blocks",
    ["for (var i = 0, s = 0; i < 5; i++) s += i; if (true) { var deep = 4 }", "[i, s, deep]"],
    [5, 10, 4],
  ],
  [
    "var in for-of and for-in",
    [
      "var lastOf = 0, lastIn = ''; for (var lastOf of [1, 2]); for (var lastIn in { a: 1, b: 2 });",
      "[lastOf, lastIn]",
    ],
    [2, "b"],
  ],
  ["let in a loop stays there", ["let loop = 'outer'; for (let loop = 0; loop < 3; loop++); loop"], "outer"],
  [
    "export modifiers are stripped",
    [
      "export const shared = 3; export function sharing() { return shared } export class Shares {} export { shared as alias }",
      "sharing() + new Shares().constructor.name",
    ],
    "3Shares",
  ],
  ["export default", ["export default 6 * 7"], 42],
  ["export default of a nameless class", ["export default class { static v = 3 }", "1"], 1],
  ["a re-export binds nothing", ["export * from './local.ts'; export { half } from './local.ts'"], undefined],
  [
    "accessors and private checks",
    [
      "class Acc { accessor v = 1; static #p = 1; static has(o: object) { return #p in o } }",
      "[new Acc().v, Acc.has(Acc)]",
    ],
    [1, true],
  ],
  [
    "a var without initialiser forgets an earlier cell's",
    [
      "var kept1: number | undefined = 1",
      "var kept1: number | undefined; if (false) { var kept2: number | undefined = 2 } [kept1, kept2]",
    ],
    [undefined, undefined],
  ],
  [
    "the name of the cells' own parameter",
    ["const __import = 5; import { sep } from 'node:path'; __import", "__import"],
    5,
  ],
  [
    "a namespace of types alone is not loaded",
    ["import * as types from './types.js'; const empty: types.Empty = {}; empty"],
    {},
  ],
  [
    "export default of a named function",
    ["export default function standard() { return 's' }", "standard()"],
    "s",
  ],
  [
    "this in a function",
    ["function whose(this: { v: number }) { return this.v }", "whose.call({ v: 5 })"],
    5,
  ],
  ["this in a plain function is untyped", ["function Old() { this.v = 1 } Old.call({})"], undefined],
  [
    "this of a called function is undefined, not the kernel's",
    ["(function () { return this })()"],
    undefined,
  ],
  ["arrays that grow", ["const xs = []; xs.push(1)", "xs.push(2); xs"], [1, 2]],
  [
    "a null that becomes something",
    ["let best = null; for (const x of [3, 1]) if (best === null || x < best) best = x; best"],
    1,
  ],
  ["untyped parameters", ["function loose(a, b = 2) { return a + b }", "loose(1)"], 3],
  ["new library methods", ["[3, 1].toSorted()"], [1, 3]],
  ["template literals and tags", ["const name3 = 'x'; `a${name3}b`"], "axb"],
  ["import.meta", ["import.meta.url.endsWith('.ts') && import.meta.dirname.length > 0"], true],
  ["a named import", ["import { basename } from 'node:path'", "basename('/a/b')"], "b"],
  [
    "default and namespace imports",
    [
      "import path, { sep as separator } from 'node:path'; import * as os from 'node:os'",
      "[path.join('a', 'b'), separator.length, typeof os.cpus]",
    ],
    ["a/b", 1, "function"],
  ],
  [
    "default together with namespace",
    ["import whole, * as star from 'node:path'", "whole.sep === star.sep"],
    true,
  ],
  ["an imported name used in the same cell", ["import { dirname } from 'node:path'; dirname('/a/b')"], "/a"],
  [
    "a local TypeScript file",
    ["import { half, type Odd } from './local.ts'; const odd: Odd = 3; half(odd)"],
    1.5,
  ],
  ["a JSON file", ["import data from './data.json' with { type: 'json' }; data.answer"], 42],
  ["dynamic import", ["const fs2 = await import('node:fs')", "typeof fs2.existsSync"], "function"],
  [
    "dynamic import in a function that is called later",
    ["const lazy = async () => (await import('node:path')).basename('/q/r')", "await lazy()"],
    "r",
  ],
  [
    "dynamic import of a computed name",
    ["const which = 'node:path'; (await import(which)).basename('/q/z')"],
    "z",
  ],
  ["input is typed", ["typeof ((): Promise<string> => input('name?', { password: true }))"], "function"],
];

test.each(cells)("%s", async (_, sources, value) => {
  let last: unknown;
  for (const source of sources) last = await notebook.run(source);
  expect(last).toEqual(value);
});

test("a cell without await or imports stays synchronous", () => {
  const compiled = (source: string) => {
    const result = notebook.notebook.compile(1, source);
    if (result.kind !== "compiled") throw new Error(result.diagnostics[0]?.message);
    notebook.notebook.settle(1, false);
    return result.cell;
  };
  expect(compiled("const f = async () => { await 1 }; class A { async m() { await 2 } }").isAsync).toBe(
    false,
  );
  expect(compiled("await 1").isAsync).toBe(true);
  expect(compiled("import 'node:fs'").isAsync).toBe(true);
  expect(compiled("import type { Stats } from 'node:fs'").isAsync).toBe(false);
  expect(compiled("for await (const x of []) x").isAsync).toBe(true);
  expect(compiled("await using x = null").isAsync).toBe(true);
  expect(compiled("const onlyDeclared = 1")).toMatchObject({
    hasResult: false,
    declares: ["onlyDeclared"],
    file: "cell-1.ts",
  });
  expect(compiled("2").hasResult).toBe(true);
});

test("import attributes reach the runner", async () => {
  await notebook.run("import json from './data.json' with { type: 'json' }");
  expect(notebook.imported.at(-1)).toEqual({ specifier: "./data.json", attributes: { type: "json" } });
  await notebook.run("const again = await import('./data.json', { with: { type: 'json' } })");
  expect(notebook.imported.at(-1)).toEqual({ specifier: "./data.json", attributes: { type: "json" } });
});

test("what only names types is not loaded", async () => {
  const before = notebook.imported.length;
  await notebook.run(
    "import type { Stats } from 'node:fs'; import { type Dirent } from 'node:fs'; import { Odd } from './local.ts'; const stats: Stats | undefined = undefined",
  );
  expect(notebook.imported.slice(before)).toEqual([]);
});

test("a long chain of cells that follow from one another", async () => {
  await notebook.run("const link0 = [1]");
  for (let i = 1; i <= 60; i++) await notebook.run(`const link${i} = link${i - 1}.map((x) => x + 1)`);
  expect(await notebook.run("link60[0]?.toFixed(0)")).toBe("61");
});

test("a function that awaits can be sent elsewhere as its text, as to a worker or a browser's page", async () => {
  await notebook.run("const sent = async (x: number) => (await Promise.resolve(x)) + 1");
  expect(await notebook.run("await new Function(`return (${sent})(2)`)()")).toBe(3);
});

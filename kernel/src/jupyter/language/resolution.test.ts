import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { complete } from "./complete.js";
import { RunningNotebook, temporaryFolder } from "./runningNotebook.fixture.js";

/** A folder with no node_modules in it or above it, and a library package that lies elsewhere. */
const bare = mkdtempSync(join(tmpdir(), "vitrail-bare-"));
const elsewhere = temporaryFolder();
const library = join(elsewhere.path, "vitrail");
let notebook: RunningNotebook;

function write(folder: string, files: Record<string, string>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
}

beforeAll(() => {
  write(library, {
    "package.json": JSON.stringify({
      name: "vitrail",
      version: "0.0.0",
      type: "module",
      exports: { ".": { types: "./index.d.ts", default: "./index.js" } },
    }),
    "index.js": "export const capture = (selector) => selector;",
    "index.d.ts": `
      type Point = "embedding" | "layers.0.attention.pattern" | "layers.1.attention.pattern" | (string & {});
      /** Keeps a hook point's value. */
      export declare function capture(selector: Point): string;
    `,
  });
  notebook = new RunningNotebook(bare, library);
});
afterAll(() => {
  rmSync(bare, { recursive: true, force: true });
  elsewhere.remove();
});

test("vitrail is found from a folder without node_modules, and its hook points complete", () => {
  expect(notebook.errors('import { capture } from "vitrail"; capture("logits").length')).toEqual([]);
  const source = 'import { capture } from "vitrail"; capture("lay';
  expect(complete(notebook.notebook, `${source}")`, source.length).items).toEqual([
    { text: "layers.0.attention.pattern", type: "string" },
    { text: "layers.1.attention.pattern", type: "string" },
  ]);
  expect(notebook.errors('import { missing } from "vitrail"')).toMatchObject([{ code: 2305 }]);
});

test("so are tslab's types and Node's", () => {
  expect(notebook.errors('import * as tslab from "tslab"; tslab.display.html("<b>x</b>")')).toEqual([]);
  expect(notebook.errors('import * as tslab from "tslab"; tslab.display.html(3)')).toMatchObject([
    { code: 2345 },
  ]);
  expect(notebook.errors('import { readFileSync } from "fs"; process.pid + Buffer.from("x").length')).toEqual(
    [],
  );
});

test("an unknown package is an error", () => {
  expect(
    notebook.errors('import "no-such-package-here"; import x from "no-such-package-here"; x'),
  ).toMatchObject([{ code: 2882 }, { code: 2307 }]);
});

test("a package of the notebook's own folder comes first, by its import condition, as soon as it is there", () => {
  const source = 'import { which } from "vitrail"; const own: "own" = which';
  expect(notebook.errors(source)).toMatchObject([{ code: 2305 }]);
  const own = join(bare, "node_modules", "vitrail");
  write(own, {
    "package.json": JSON.stringify({
      name: "vitrail",
      version: "9.0.0",
      exports: { ".": { require: "./required.cjs", import: "./imported.mjs" } },
    }),
    "imported.mjs": "export const which = 'own'",
    "imported.d.mts": "export declare const which: 'own';",
    "required.d.cts": "export declare const which: 'required';",
  });
  expect(notebook.errors(source)).toEqual([]);
  rmSync(own, { recursive: true });
});

test("a local TypeScript file is read again when it changes", () => {
  write(bare, { "shapes.ts": "export const side = 1;" });
  expect(notebook.errors('import { side } from "./shapes.ts"; side.toFixed()')).toEqual([]);
  expect(notebook.errors('import { side } from "./shapes"; side.toFixed()')).toEqual([]);
  write(bare, { "shapes.ts": "export const side = 'a longer text';" });
  expect(notebook.errors('import { side } from "./shapes.ts"; side.toFixed()')).toMatchObject([
    { code: 2551 },
  ]);
});

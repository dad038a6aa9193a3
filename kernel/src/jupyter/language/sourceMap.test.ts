import { SourceMap, type SourceMapPayload } from "node:module";
import vm from "node:vm";
import { afterAll, expect, test } from "vitest";
import { RunningNotebook, temporaryFolder } from "./runningNotebook.fixture.js";

const folder = temporaryFolder();
const notebook = new RunningNotebook(folder.path);
afterAll(() => folder.remove());

/** Where, in the cell as written, the cell throws. */
async function thrownAt(source: string): Promise<string> {
  const compilation = notebook.notebook.compile(7, source);
  if (compilation.kind === "diagnostics") throw new Error(compilation.diagnostics[0]?.message);
  const { cell } = compilation;
  const map = new SourceMap(JSON.parse(cell.sourceMap) as SourceMapPayload);
  try {
    await notebook.execute(cell);
  } catch (error) {
    const [, line, column] = /cell-7\.ts:(\d+):(\d+)/.exec((error as Error).stack ?? "") ?? [];
    const entry = map.findEntry(Number(line) - 1, Number(column) - 1);
    if (!("originalLine" in entry)) return `no source for ${line}:${column}`;
    return `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`;
  }
  throw new Error("the cell did not throw");
}

test("a thrown error is found where it was written", async () => {
  expect(await thrownAt("const before = 1;\n\ninterface Gone {}\n  throw new Error('x');")).toBe(
    "cell-7.ts:4:9",
  );
});

test("behind a first line for the shell", async () => {
  expect(await thrownAt("#!/usr/bin/env node\n\n  throw new Error('x');")).toBe("cell-7.ts:3:9");
});

test("after imports, functions and helpers have moved", async () => {
  const source = [
    "using held = { [Symbol.dispose]() {} };",
    "function fails(): never {",
    "  throw new TypeError('deep');",
    "}",
    "import { join } from 'node:path';",
    "join('a', 'b'); fails()",
  ].join("\n");
  expect(await thrownAt(source)).toBe("cell-7.ts:3:9");
});

test("the map carries the cell as written, not its tail", () => {
  const source = "const shown = 1;";
  const compilation = notebook.notebook.compile(7, source);
  if (compilation.kind !== "compiled") throw new Error("the cell does not compile");
  const map = JSON.parse(compilation.cell.sourceMap) as SourceMapPayload;
  expect(map).toMatchObject({ version: 3, sources: ["cell-7.ts"], sourcesContent: [source] });
  expect(typeof vm.runInThisContext(compilation.cell.code)).toBe("function");
});

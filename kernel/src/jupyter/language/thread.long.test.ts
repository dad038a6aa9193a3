import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import ts from "typescript";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LanguageReply, LanguageRequest } from "./protocol.js";
import { kernelPackage, temporaryFolder } from "./runningNotebook.fixture.js";

/** The thread runs JavaScript: the sources of this folder are transpiled as the build would. */
const folder = temporaryFolder();
let worker: Worker;

beforeAll(() => {
  writeFileSync(join(folder.path, "package.json"), '{ "type": "module" }');
  for (const name of readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts") || name.endsWith(".test.ts")) continue;
    const to = join(folder.path, name.replace(/ts$/, "js"));
    mkdirSync(dirname(to), { recursive: true });
    const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 };
    const source = readFileSync(join(import.meta.dirname, name), "utf8");
    writeFileSync(to, ts.transpileModule(source, { compilerOptions }).outputText);
  }
  worker = new Worker(join(folder.path, "thread.js"), { workerData: { cwd: folder.path, kernelPackage } });
});
afterAll(async () => {
  await worker.terminate();
  folder.remove();
});

type Question = LanguageRequest extends infer R ? (R extends LanguageRequest ? Omit<R, "id"> : never) : never;
let last = 0;

function ask(question: Question): Promise<LanguageReply> {
  const id = ++last;
  return new Promise((resolve, reject) => {
    const onMessage = (reply: LanguageReply): void => {
      if (reply.id !== id) return;
      worker.off("message", onMessage);
      worker.off("error", reject);
      resolve(reply);
    };
    worker.on("message", onMessage);
    worker.once("error", reject);
    worker.postMessage({ ...question, id });
  });
}

test("each request has its reply, in order, even before the compiler is warm", async () => {
  const replies = await Promise.all([
    ask({ kind: "compile", cell: 1, source: "// nothing" }),
    ask({ kind: "compile", cell: 2, source: "const answer: number = 42; answer" }),
    ask({ kind: "settle", cell: 2, kept: true }),
    ask({ kind: "compile", cell: 3, source: "answer.missing" }),
    ask({ kind: "complete", source: "answer.toF", offset: 10 }),
    ask({ kind: "inspect", source: "answer", offset: 2 }),
    ask({ kind: "isComplete", source: "const x = " }),
    ask({ kind: "reset" }),
    ask({ kind: "compile", cell: 4, source: "answer" }),
  ]);
  expect(replies).toMatchObject([
    { kind: "compiled", cell: { declares: [], hasResult: false } },
    { kind: "compiled", cell: { declares: ["answer"], hasResult: true, isAsync: false, file: "cell-2.ts" } },
    { kind: "settled" },
    { kind: "diagnostics", diagnostics: [{ code: 2339, line: 1, column: 8 }] },
    { kind: "completions", items: [{ text: "toFixed", type: "function" }], start: 7, end: 10 },
    { kind: "inspection", text: "const answer: number", documentation: "" },
    { kind: "completeness", status: "incomplete", indent: "  " },
    { kind: "settled" },
    { kind: "diagnostics", diagnostics: [{ code: 2304 }] },
  ]);
});

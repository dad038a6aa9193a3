import { join } from "node:path";
import { parentPort, workerData } from "node:worker_threads";
import type { LanguageReply, LanguageRequest } from "./protocol.js";
import { requestSchema, threadDataSchema } from "./request.js";
import { LanguageService } from "./service.js";

/**
 * Entry of the language thread. `workerData` is a `LanguageThreadData`; without it, cells resolve from the process's
 * folder and from the package that this file lies in. Requests are answered in order, one at a time.
 */
const folders = threadDataSchema.parse(
  workerData ?? { cwd: process.cwd(), kernelPackage: join(import.meta.dirname, "../../..") },
);
const service = new LanguageService(folders);

async function answer(request: LanguageRequest): Promise<LanguageReply> {
  const { id } = request;
  switch (request.kind) {
    case "compile":
      return { id, ...(await compiled(request)) };
    case "settle":
      await service.settle(request.cell, request.kept, request.reached);
      return { id, kind: "settled" };
    case "reset":
      await service.reset();
      return { id, kind: "settled" };
    case "complete":
      return { id, kind: "completions", ...(await service.complete(request.source, request.offset)) };
    case "inspect":
      return { id, kind: "inspection", ...(await service.inspect(request.source, request.offset)) };
    case "isComplete":
      return { id, kind: "completeness", ...(await service.isComplete(request.source)) };
  }
}

/** A fault of the compiler is told as the cell's error, which keeps the thread and what it knows. */
async function compiled({ cell, source }: Extract<LanguageRequest, { kind: "compile" }>) {
  try {
    return await service.compile(cell, source);
  } catch (error) {
    const message = `the compiler itself failed on this cell: ${(error as Error).message}`;
    const excerpt = source.split("\n", 1)[0] ?? "";
    return { kind: "diagnostics" as const, diagnostics: [{ line: 1, column: 1, code: 0, message, excerpt }] };
  }
}

/** Questions of an editor must not take the cells' types down with them: a fault is printed, the answer empty. */
async function answerSafely(request: LanguageRequest): Promise<LanguageReply> {
  try {
    return await answer(request);
  } catch (error) {
    const { id } = request;
    console.error(`the language thread failed to answer "${request.kind}": ${(error as Error).stack}`);
    switch (request.kind) {
      case "complete":
        return { id, kind: "completions", items: [], start: request.offset, end: request.offset };
      case "inspect":
        return { id, kind: "inspection", text: undefined, documentation: "" };
      case "isComplete":
        return { id, kind: "completeness", status: "complete", indent: "" };
      default:
        throw error;
    }
  }
}

let queue: Promise<void> = Promise.resolve();

parentPort?.on("message", (message: unknown) => {
  const request = requestSchema.parse(message);
  queue = queue.then(async () => parentPort?.postMessage(await answerSafely(request)));
});

queue = queue
  .then(() => service.warmUp())
  .catch((error: unknown) => {
    console.error(`the compiler did not warm up: ${(error as Error).message}`);
  });

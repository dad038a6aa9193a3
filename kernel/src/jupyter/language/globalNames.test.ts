import vm from "node:vm";
import { afterAll, expect, test } from "vitest";
import { RunningNotebook, temporaryFolder } from "./runningNotebook.fixture.js";
import { runtimeName, writtenName } from "./globalNames.js";

const folder = temporaryFolder();
const notebook = new RunningNotebook(folder.path);
afterAll(() => folder.remove());

/** What a library that was loaded earlier sees. */
const inLibrary = (source: string): unknown => vm.runInThisContext(source);

test("only names of the global object, and what libraries ask for there, are renamed, and never to one another", () => {
  expect(["process", "fetch", "toString", "Event"].map(runtimeName)).toEqual([
    "process$cell",
    "fetch$cell",
    "toString$cell",
    "Event$cell",
  ]);
  expect(["value", "name2", "processes", "value$cell"].map(runtimeName)).toEqual([
    "value",
    "name2",
    "processes",
    "value$cell",
  ]);
  expect(runtimeName("process$cell")).toBe("process$cell$cell");
  for (const name of ["process", "value", "value$cell", "process$cell", "window"])
    expect(writtenName(runtimeName(name))).toBe(name);
});

test("a cell's process does not hide the global from libraries", async () => {
  // The effect is there: a script-scope name hides a global.
  Object.assign(globalThis, { vitrailTestGlobal: "global" });
  vm.runInThisContext("let vitrailTestGlobal = 'mine'");
  expect(inLibrary("vitrailTestGlobal")).toBe("mine");
  const pid = process.pid;
  const { compiled } = await notebook.runWhole("const process = { pid: 'mine' }; process.pid");
  expect(compiled.declares).toEqual(["process$cell"]);
  expect(inLibrary("process.pid")).toBe(pid);
  expect(await notebook.run("[process.pid, globalThis.process.pid]")).toEqual(["mine", pid]);
  expect(await notebook.run("({ process })")).toEqual({ process: { pid: "mine" } });
  expect(await notebook.run("const inner = (process: number) => process + 1; inner(1)")).toBe(2);
  expect(await notebook.run("const holder = { process: 3 }; holder.process")).toBe(3);
});

test("a library may ask whether there is a window, whatever a cell calls so, and whether or not it is set", async () => {
  await expect(notebook.run("throw new Error('half'); const window = 128")).rejects.toThrow("half");
  expect(inLibrary("typeof window")).toBe("undefined");
  await expect(notebook.run("window")).rejects.toThrow(/^window is not set: /);
  await notebook.run("const window = 128");
  expect(await notebook.run("window")).toBe(128);
  expect(inLibrary("typeof window")).toBe("undefined");
});

test("a global that only the runner has is what its name means until a cell sets it", async () => {
  Object.assign(globalThis, { vitrailOnlyThere: "global" });
  await expect(notebook.run("throw new Error('half'); const vitrailOnlyThere = 1")).rejects.toThrow("half");
  expect(await notebook.run("vitrailOnlyThere")).toBe("global");
  await notebook.run("const vitrailOnlyThere = 1");
  expect(await notebook.run("vitrailOnlyThere")).toBe(1);
});

test("patterns, functions, classes, enums, namespaces and imports are renamed too", async () => {
  await notebook.run("let { fetch = 3, ...queueMicrotask } = { z: 1 } as { z: number; fetch?: number }");
  expect(await notebook.run("fetch += 1; [fetch, queueMicrotask]")).toEqual([4, { z: 1 }]);
  expect(
    await notebook.run("({ fetch } = { fetch: 9 }); ({ fetch = 8 } = {} as { fetch?: number }); fetch"),
  ).toBe(8);
  await notebook.run(
    "function atob(x: number): number { return x === 0 ? 0 : atob(x - 1) } const btoa = () => 1",
  );
  expect(await notebook.run("[atob(3), atob.name, btoa.name]")).toEqual([0, "atob", "btoa"]);
  await notebook.run(
    "class Event { kind = Event.name; static self = Event; again() { return new Event() } }",
  );
  expect(
    await notebook.run("[new Event().kind, Event.name, new Event().again() instanceof Event.self]"),
  ).toEqual(["Event", "Event", true]);
  await notebook.run("enum Blob { A = 1, B = A + 1 } namespace WebAssembly { export const x = 5 }");
  expect(await notebook.run("[Blob.B, WebAssembly.x]")).toEqual([2, 5]);
  await notebook.run(
    "namespace Own { export const pid = process.pid; const fetch = 3; export const got = fetch }",
  );
  expect(await notebook.run("Own")).toEqual({ pid: "mine", got: 3 });
  await notebook.run("import { setTimeout } from 'node:timers/promises'");
  expect(await notebook.run("await setTimeout(1, 'slept')")).toBe("slept");
  expect(inLibrary("[typeof fetch, Event.name, Blob.name, setTimeout === globalThis.setTimeout]")).toEqual([
    "function",
    "Event",
    "Blob",
    true,
  ]);
});

test("a name that is only declared to exist is the global's", async () => {
  await notebook.run("declare const URLPattern: string | undefined");
  expect(await notebook.run("typeof performance.now()")).toBe("number");
  await notebook.run("declare const structuredClone: <T>(x: T) => T");
  expect(await notebook.run("structuredClone({ a: 1 })")).toEqual({ a: 1 });
});

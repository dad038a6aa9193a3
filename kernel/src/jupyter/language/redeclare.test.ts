import { afterAll, expect, test } from "vitest";
import { RunningNotebook, temporaryFolder } from "./runningNotebook.fixture.js";

const folder = temporaryFolder();
const notebook = new RunningNotebook(folder.path);
afterAll(() => folder.remove());

test("a name may come again with another type, and later cells see the new one", async () => {
  await notebook.run("const changing = 'text'");
  await notebook.run("changing.toUpperCase()");
  await notebook.run("const changing = 5");
  expect(await notebook.run("changing.toFixed(1)")).toBe("5.0");
  expect(notebook.errors("changing.toUpperCase()")).toMatchObject([{ code: 2339 }]);
});

test("the same cell may run again, with what depends on it", async () => {
  for (let i = 0; i < 3; i++) {
    await notebook.run(
      "class Model { #weights = 1; static made = 0; constructor() { Model.made++ } read() { return this.#weights } }",
    );
    await notebook.run("const model = new Model()");
    expect(await notebook.run("[model.read(), Model.made]")).toEqual([1, 1]);
  }
});

test("a variable, a function, a class and a type may replace one another", async () => {
  await notebook.run("class Protean { a = 1 }");
  await notebook.run("const Protean = 3");
  expect(await notebook.run("Protean + 1")).toBe(4);
  await notebook.run("function Protean() { return 'f' }");
  expect(await notebook.run("Protean()")).toBe("f");
  await notebook.run("type Protean = { t: number }");
  expect(await notebook.run("const typed: Protean = { t: 1 }; typed.t + Protean()")).toBe("1f");
  await notebook.run("class Protean { b = 2 }");
  expect(await notebook.run("const instance: Protean = new Protean(); instance.b")).toBe(2);
  await notebook.run("type Protean = string");
  expect(notebook.errors("new Protean()")).toMatchObject([{ code: 2693 }]);
});

test("a type added to an earlier value leaves the value", async () => {
  await notebook.run("const Schema = { parse: () => 1 }");
  await notebook.run("type Schema = ReturnType<typeof Schema.parse>");
  expect(await notebook.run("const parsed: Schema = Schema.parse(); parsed")).toBe(1);
});

test("a cell that is dropped leaves earlier declarations standing", async () => {
  await notebook.run("const kept = 'first'");
  const compilation = notebook.notebook.compile(9001, "const kept = 2; const lost = 3");
  expect(compilation.kind).toBe("compiled");
  expect(notebook.errors("kept.toFixed()")).toEqual([]);
  notebook.notebook.settle(9001, false);
  expect(notebook.errors("kept.toUpperCase()")).toEqual([]);
  expect(notebook.errors("lost")).toMatchObject([{ code: 2304, message: "Cannot find name 'lost'." }]);
});

test("a cell with errors declares nothing", async () => {
  await notebook.run("const intact = 'first'");
  expect(notebook.errors("const intact: string = 3")).toMatchObject([{ code: 2322 }]);
  expect(await notebook.run("intact.length")).toBe(5);
});

test("a cell that comes twice under one number is settled alone", async () => {
  const { notebook: cells } = notebook;
  cells.compile(9002, "const same = 1");
  cells.settle(9002, true);
  cells.compile(9002, "const same = 'two'");
  cells.settle(9002, false);
  expect(notebook.errors("same.toFixed()")).toEqual([]);
});

test("a superseded cell stays while others need its types", async () => {
  await notebook.run("class Shape { side = 1 }");
  await notebook.run("const square = new Shape()");
  await notebook.run("class Shape { radius = 2 }");
  expect(await notebook.run("square.side + new Shape().radius")).toBe(3);
});

test("global types that a cell declared outlive its names", async () => {
  await notebook.run("declare global { var vitrailTestFlag: number | undefined } const flagged = 1");
  await notebook.run("const flagged = 2");
  expect(await notebook.run("globalThis.vitrailTestFlag = 4; globalThis.vitrailTestFlag")).toBe(4);
});

test("after a reset all names are unknown", async () => {
  await notebook.run("const forgotten = 1");
  notebook.notebook.reset();
  expect(notebook.errors("forgotten")).toMatchObject([{ code: 2304 }]);
  expect(await notebook.run("const forgotten = 2; forgotten")).toBe(2);
});

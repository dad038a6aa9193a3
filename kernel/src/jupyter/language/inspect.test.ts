import { afterAll, beforeAll, expect, test } from "vitest";
import { inspect } from "./inspect.js";
import { RunningNotebook, temporaryFolder } from "./runningNotebook.fixture.js";

const folder = temporaryFolder();
const notebook = new RunningNotebook(folder.path);
beforeAll(async () => {
  await notebook.run(`
    /** A user. @see nobody */
    const user = {
      /** Says hello. */
      greet(a: string) { return a }
    };
    /**
     * Doubles.
     * @param x what to double
     */
    function twice(x: number) { return x * 2 }
    /** Kept. */
    class Klass {}
  `);
});
afterAll(() => folder.remove());

function at(source: string) {
  return inspect(notebook.notebook, source.replace("|", ""), source.indexOf("|"));
}

test("the type and documentation of a variable of another cell", () => {
  expect(at("us|er")).toEqual({
    text: "const user: {\n    greet(a: string): string;\n}",
    documentation: "A user.\n\n*@see* nobody",
  });
});

test("functions and classes are shown as they were declared", () => {
  expect(at("twice|")).toEqual({
    text: "function twice(x: number): number",
    documentation: "Doubles.\n\n*@param* x what to double",
  });
  expect(at("new Kl|ass()").text).toContain("Klass");
  expect(at("Klass|")).toEqual({ text: "class Klass", documentation: "Kept." });
});

test("members, with their words", () => {
  expect(at("user.gr|eet")).toEqual({
    text: "(method) greet(a: string): string",
    documentation: "Says hello.",
  });
  expect(at("Math.max|").documentation).toContain("larger");
});

test("inside a call, the call", () => {
  expect(at("twice(1, |").text).toBe("twice(x: number): number");
});

test("a local name does not borrow the words of another cell's", () => {
  expect(at("{ const user = 1; us|er }")).toEqual({ text: "const user: 1", documentation: "" });
  expect(at("({ user: 2 }).us|er")).toEqual({ text: "(property) user: number", documentation: "" });
});

test("what is not declared is not found, and what is of any type is", () => {
  const nothing = { text: undefined, documentation: "" };
  expect(at("undefined|Name")).toEqual(nothing);
  expect(at("undefinedName|")).toEqual(nothing);
  expect(at("user.not|hing")).toEqual(nothing);
  expect(at("const loose: any = 1; lo|ose").text).toBe("const loose: any");
});

test("nothing to say", () => {
  expect(at("1 + |1")).toEqual({ text: undefined, documentation: "" });
  expect(at("|")).toEqual({ text: undefined, documentation: "" });
});

import ts from "typescript";
import { expect, test } from "vitest";
import { completeness } from "./completeness.js";

const status = (source: string) => completeness(ts, source).status;

test.each([
  "1 + 1",
  "const x = 3",
  "await foo()",
  "await (1)",
  "for await (const a of b) {}",
  "`a`",
  "1 // comment",
  "declare function f(): void",
  "const wrong: string = 3",
])("complete: %s", (source) => expect(status(source)).toBe("complete"));

test.each([
  "const x = ",
  "const x = 1,",
  "let x, // comment",
  "`abc",
  "`a ${b",
  "/* comment",
  "if (a) {",
  "if (a)",
  "foo(",
  "foo(1, [2",
  "a +",
  "a + // comment",
  "x.",
  "async () =>",
  "function f()",
  "class A {\n  x = 1;",
  "try {}",
  "@decorate",
  "import { a",
  "type A =",
  "for (;;)",
  "`a` +",
])("incomplete: %s", (source) => expect(status(source)).toBe("incomplete"));

test.each(["const a: = 3", "foo(]", "})", "'abc", "x = /abc", "1 2", "let 3"])("invalid: %s", (source) =>
  expect(status(source)).toBe("invalid"),
);

test("the next line is indented like the last, and more after an opening", () => {
  expect(completeness(ts, "if (a) {").indent).toBe("  ");
  expect(completeness(ts, "if (a) {\n  b(").indent).toBe("    ");
  expect(completeness(ts, "const x = {\n  a: 1,").indent).toBe("  ");
  expect(completeness(ts, "const x = {\n\ta: 1,").indent).toBe("\t");
});

import vm from "node:vm";
import { expect, test } from "vitest";
import { blankCell, isBlank } from "./blank.js";

test.each(["", "  \n\t", "// only\n// comments", "/* a */ /* b **/\n// c", "/***/", "\u00a0\u2028"])(
  "blank: %j",
  (source) => expect(isBlank(source)).toBe(true),
);

test.each(["1", "// a\n1", "/* open", "/ /", "/*/", ";", "'// a'"])("not blank: %j", (source) =>
  expect(isBlank(source)).toBe(false),
);

test("many comments before a word are scanned once", () => {
  expect(isBlank(`${"// /* a */ // b\n/* c */ ".repeat(20_000)}x`)).toBe(false);
});

test("a blank cell runs and does nothing", () => {
  const { code, declares, hasResult } = blankCell("cell-1.ts");
  expect([vm.runInThisContext(code)(), declares, hasResult]).toEqual([undefined, [], false]);
});

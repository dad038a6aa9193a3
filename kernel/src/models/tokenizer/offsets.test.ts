import { expect, it } from "vitest";
import { utf16Offsets } from "./offsets.js";

it("counts a character outside the basic plane as two units", () => {
  const text = "a😀b";
  const unit = utf16Offsets(text);
  expect([0, 1, 2, 3].map(unit)).toEqual([0, 1, 3, 4]);
  expect(text.slice(unit(1), unit(2))).toBe("😀");
});

it("leaves offsets in the basic plane as they are", () => {
  const unit = utf16Offsets("é光");
  expect([0, 1, 2].map(unit)).toEqual([0, 1, 2]);
});

it("refuses a code point behind the end", () => {
  expect(() => utf16Offsets("😀")(2)).toThrow("no code point 2 in a text of 1 code points");
});

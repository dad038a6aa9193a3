import { expect, test } from "vitest";
import { codePointOffset, utf16Offset } from "./codePoints.js";

test("positions count code points, not UTF-16 units", () => {
  const text = "'\u{1F600}';user.";
  expect(utf16Offset(text, 2)).toBe(3);
  expect(codePointOffset(text, text.length)).toBe(text.length - 1);
  for (let at = 0; at <= [...text].length; at++)
    expect(codePointOffset(text, utf16Offset(text, at))).toBe(at);
});

test("a position behind the end is refused", () => {
  expect(() => utf16Offset("ab", 3)).toThrow("cursor_pos 3 lies behind the end of 2 code points");
});

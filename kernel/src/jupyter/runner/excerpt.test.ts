import { expect, test } from "vitest";
import { excerpt } from "./excerpt.js";

test("the lines about a position are numbered, and the column is marked", () => {
  const text = Array.from({ length: 12 }, (_, at) => `line ${at + 1}`).join("\n");
  expect(excerpt(text, 10, 6)).toBe(
    [
      "   8 | line 8",
      "   9 | line 9",
      "> 10 | line 10",
      "     |      ^",
      "  11 | line 11",
      "  12 | line 12",
    ].join("\n"),
  );
  expect(excerpt("only", 1, 1)).toBe("> 1 | only\n    | ^");
});

import { expect, test } from "vitest";
import { bundleOf } from "../../display/index.js";
import { shownClasses } from "./shownClasses.js";

const textOf = (value: unknown) => String(bundleOf(value).data["text/plain"]).split("\n");

test("probabilities of classes show beside their texts, by the words of each class, and stay a list", () => {
  const said = shownClasses(
    [
      [0.25, 0.75],
      [1, 0],
    ],
    ["A long and dull film.", [3, 4]],
    [" bad", [" good", 7]],
  );
  const [caption, head, , first, second] = textOf(said);
  expect(caption).toBe("2 texts: probability of each class by its words");
  expect(head).toMatch(/^text +0 " bad" +1 \[" good",7\]$/);
  expect(first).toMatch(/^A long and dull film\. +0\.250 +0\.750$/);
  expect(second).toMatch(/^\[2 token ids\] +1\.000 +0\.000$/);
  expect(JSON.stringify(said)).toBe("[[0.25,0.75],[1,0]]");
});

test("of many texts it shows sixty, and says of how many", () => {
  const many = Array.from({ length: 75 }, (_, i) => `text ${i}`);
  const [caption, , , ...lines] = textOf(
    shownClasses(
      many.map(() => [0.5, 0.5]),
      many,
      [" a", " b"],
    ),
  );
  expect(caption).toMatch(/^75 texts, of which the first 60 are shown: /);
  expect(lines).toHaveLength(60);
});

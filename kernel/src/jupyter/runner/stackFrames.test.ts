import { expect, test } from "vitest";
import { ownFrames } from "./stackFrames.js";

const places = { kernel: "file:///k/dist/jupyter/", library: "file:///k/dist/" };
const stack = [
  'Error: no hook point "x"',
  "    at choose (file:///k/dist/index.js:5:35)",
  "    at file:///k/dist/index.js:4:1",
  "    at async Session.forward (file:///k/dist/index.js:9:2)",
  "    at helper (file:///home/me/helper.ts:1:1)",
  "    at cell-3.ts:1:27",
  "    at node:vm:117:3",
  "    at Cells.run (file:///k/dist/jupyter/runner/main.js:1:1) {",
  "  code: 3",
  "}",
];

test("of the library's frames the one that was called is left, of the kernel's none", () => {
  expect(ownFrames(stack, places, false)).toEqual([
    'Error: no hook point "x"',
    "    at async Session.forward (vitrail)",
    "    at helper (file:///home/me/helper.ts:1:1)",
    "    at cell-3.ts:1:27 {",
    "  code: 3",
    "}",
  ]);
});

test("what may be a defect of the library, or comes from no cell, keeps its frames", () => {
  expect(ownFrames(stack, places, true)).toEqual([
    ...stack.slice(0, 5),
    "    at cell-3.ts:1:27 {",
    "  code: 3",
    "}",
  ]);
  const elsewhere = stack.slice(0, 4);
  expect(ownFrames(elsewhere, places, false)).toEqual(elsewhere);
});

test("a recursion is told once", () => {
  const again = "    at deep (cell-3.ts:1:44)";
  const lines = ["RangeError: too deep", ...Array<string>(40).fill(again), "    at cell-3.ts:2:1"];
  expect(ownFrames(lines, places, false)).toEqual([
    "RangeError: too deep",
    again,
    "    … 39 more like it",
    "    at cell-3.ts:2:1",
  ]);
});

test("a cause has frames of its own", () => {
  const both = [
    ...stack.slice(0, 6),
    "  [cause]: RangeError: index 3",
    "      at read (file:///k/dist/shared/a.js:1:1)",
    "      at open (file:///k/dist/index.js:2:2)",
  ];
  expect(ownFrames(both, places, false).slice(-2)).toEqual([
    "  [cause]: RangeError: index 3",
    "      at open (vitrail)",
  ]);
});

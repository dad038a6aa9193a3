import { expect, test } from "vitest";
import { ownFrames } from "./stackFrames.js";

const places = { kernel: "file:///k/dist/jupyter/", library: "file:///k/dist/" };
const frames = [
  "    at choose (file:///k/dist/index.js:5:35)",
  "    at file:///k/dist/index.js:4:1",
  "    at async Session.forward (file:///k/dist/index.js:9:2)",
  "    at helper (file:///home/me/helper.ts:1:1)",
  "    at cell-3.ts:1:27",
  "    at node:vm:117:3",
  "    at Cells.run (file:///k/dist/jupyter/runner/main.js:1:1)",
];

test("of the library's frames the one that was called is left, of the kernel's none", () => {
  expect(ownFrames(frames, places, false)).toEqual([
    "    at async Session.forward (vitrail)",
    "    at helper (file:///home/me/helper.ts:1:1)",
    "    at cell-3.ts:1:27",
  ]);
});

test("what may be a defect of the library, or comes from no cell, keeps its frames", () => {
  expect(ownFrames(frames, places, true)).toEqual(frames.slice(0, 5));
  const elsewhere = frames.slice(0, 3);
  expect(ownFrames(elsewhere, places, false)).toEqual(elsewhere);
});

test("a recursion is told once", () => {
  const again = "    at deep (cell-3.ts:1:44)";
  expect(ownFrames([...Array<string>(40).fill(again), "    at cell-3.ts:2:1"], places, false)).toEqual([
    again,
    "    … 39 more like it",
    "    at cell-3.ts:2:1",
  ]);
});

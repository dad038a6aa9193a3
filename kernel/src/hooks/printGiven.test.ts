import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { edit } from "./edit.js";
import { add, patch, projectOnto, projectOut, set } from "./intervention.js";
import { readHook } from "./json.js";

const print = (change: Parameters<typeof edit>[1]) => `${edit("norm", change)}`;

test.each([
  [add(0.5), "add 0.5"],
  [add(-2), "add -2"],
  [set(0.3), "set 0.3"],
  [set([1 / 3]), "set 0.33333334"],
  [add(2 ** 24 + 2), "add 16777218"],
  [set(-Infinity), "set -Infinity"],
  [set(NaN), "set NaN"],
])("one number prints as itself: %j", (change, text) => expect(print(change)).toBe(`edit("norm", ${text})`));

test("arrays of one shape print apart by a digest of their numbers, the same for the same numbers", () => {
  const bytes = Buffer.from(Float32Array.of(1, 2).buffer);
  const digest = createHash("sha256").update(bytes).digest("hex").slice(0, 8);
  expect(print(add([1, 2]))).toBe(`edit("norm", add [2] ${digest})`);
  expect(print(patch({ shape: [1, 2], data: Float32Array.of(1, 2) }))).toContain(`set [1, 2] ${digest}`);
  for (const make of [add, set, projectOut, projectOnto]) {
    expect(print(make([1, 2]))).toBe(print(make([1, 2])));
    expect(print(make([1, 2]))).not.toBe(print(make([1, 3])));
    expect(print(make([1, 2]))).toMatch(/ \[2\] [0-9a-f]{8}\)$/);
  }
});

test("a hook read from its JSON prints as the one that was written", () => {
  const hook = edit("norm", add([0.1, -7, 3]));
  expect(`${readHook(JSON.parse(JSON.stringify(hook)))}`).toBe(`${hook}`);
});

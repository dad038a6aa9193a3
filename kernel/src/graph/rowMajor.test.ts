import { expect, test } from "vitest";
import { elementCount, stridesOf } from "./rowMajor.js";

test("the last axis runs fastest", () => {
  expect(elementCount([2, 3, 4])).toBe(24);
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
});

test("a tensor without axes is one number, one with an empty axis none", () => {
  expect([elementCount([]), elementCount([3, 0])]).toEqual([1, 0]);
  expect(stridesOf([])).toEqual([]);
});

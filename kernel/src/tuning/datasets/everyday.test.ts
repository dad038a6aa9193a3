import { expect, test } from "vitest";
import { everydaySentences } from "./everyday.js";

test("the own sentences are balanced, and none stands in both splits", () => {
  const [train, validation] = [everydaySentences("train"), everydaySentences("validation")];
  const counts = (rows: readonly { label: number }[]) =>
    [0, 1, 2].map((label) => rows.filter((row) => row.label === label).length);
  expect(counts(train.rows)).toEqual([20, 20, 20]);
  expect(counts(validation.rows)).toEqual([10, 10, 10]);
  const texts = [...train.rows, ...validation.rows].map(({ text }) => text);
  expect(new Set(texts).size).toBe(90);
  expect(train.sha256).not.toBe(validation.sha256);
});

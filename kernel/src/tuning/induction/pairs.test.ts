import { expect, test } from "vitest";
import { randomNumbers } from "../../session/sampling.js";
import { pairs } from "./pairs.js";

const settings = {
  firstLesson: 1,
  rows: 50,
  lengths: { from: 4, to: 24 },
  pairs: { from: 3, to: 6 },
  unpredictable: 0.25,
};

test("first only the third word of a triple counts, which is the token before its predecessor's", () => {
  const { rows, weights } = pairs(settings, 40)(0, randomNumbers(1));
  let counted = 0;
  rows.forEach((row, r) =>
    weights![r]!.forEach((weight, p) => {
      if (weight === 0) return;
      expect(weight).toBe(1);
      expect(row[p + 1]).toBe(row[p - 1]);
      counted++;
    }),
  );
  expect(counted).toBe((50 * rows[0]!.length) / 3);
});

test("then what counts in full is what an earlier pair tells, and nothing else is told", () => {
  const { rows, weights } = pairs(settings, 40)(1, randomNumbers(2));
  let [full, rest] = [0, 0];
  rows.forEach((row, r) => {
    expect(weights![r]).toHaveLength(row.length - 1);
    expect(Math.min(...row)).toBeGreaterThanOrEqual(4);
    expect(Math.max(...row)).toBeLessThan(40);
    weights![r]!.forEach((weight, p) => {
      const before = row.indexOf(row[p]!);
      const told = p % 2 === 0 && before < p;
      expect(weight).toBe(told ? 1 : 0.25);
      if (told) expect(row[p + 1]).toBe(row[before + 1]);
      if (told) full++;
      else rest++;
    });
  });
  expect(Math.min(full, rest)).toBeGreaterThan(100);
});

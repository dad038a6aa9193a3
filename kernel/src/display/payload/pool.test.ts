import { expect, test } from "vitest";
import { isMasked, maxPool } from "./pool.js";

test("max-pooling keeps the line of a previous-token head, which a stride loses", () => {
  const from = 64;
  const map = new Float32Array(from * from);
  for (let query = 1; query < from; query++) map[query * from + query - 1] = 1;
  for (const to of [4, 7, 16, 21, 63, 64]) {
    const pooled = maxPool(map, from, to);
    for (let row = 0; row < to; row++) {
      const cells = pooled.subarray(row * to, (row + 1) * to);
      if (row > 0 || to < from) expect(Math.max(...cells), `row ${row} of ${to}`).toBe(1);
    }
  }
  // A stride of 8 reads only cells (8i, 8j), all of them beside the line.
  const strided = Array.from({ length: 64 }, (_, i) => map[8 * Math.floor(i / 8) * from + 8 * (i % 8)]!);
  expect(Math.max(...strided)).toBe(0);
});

test("every cell reaches some bin, and nothing is pooled up", () => {
  for (const [from, to] of [
    [5, 2],
    [13, 5],
    [7, 7],
  ] as const)
    for (let i = 0; i < from * from; i++) {
      const map = new Float32Array(from * from);
      map[i] = 1;
      expect(Math.max(...maxPool(map, from, to))).toBe(1);
    }
  expect(() => maxPool(new Float32Array(4), 2, 3)).toThrow("cannot pool 2 cells into 3");
});

test("a pooled cell is masked only when no query of it may look at any of its keys", () => {
  expect(isMasked(0, 1, 4, 4)).toBe(true);
  expect(isMasked(1, 1, 4, 4)).toBe(false);
  // Bins of 5 in 2 overlap in the middle token, so its query may look at its key.
  expect(isMasked(0, 1, 5, 2)).toBe(false);
  expect(isMasked(0, 1, 4, 2)).toBe(true);
});

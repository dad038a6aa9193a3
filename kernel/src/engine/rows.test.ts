import { expect, test } from "vitest";
import { replicaRows } from "./rows.js";

const rowsOf = (count: number, size: number, meets: boolean) =>
  Array.from({ length: size }, (_, rank) =>
    replicaRows(count, { rank, size }, { isEverywhere: false, meets }),
  );

test("every row is run by one replica, in row order, the shares as even as can be", () => {
  for (const [count, size] of [
    [1, 1],
    [5, 2],
    [8, 3],
    [3, 3],
    [2, 4],
  ] as const) {
    const shares = rowsOf(count, size, false).flatMap((share) => share ?? []);
    expect(shares).toHaveLength(Math.min(count, size));
    expect(shares.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, i) => from + i))).toEqual(
      Array.from({ length: count }, (_, row) => row),
    );
    const sizes = shares.map(({ from, to }) => to - from);
    expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
  }
});

test("a replica without rows runs only where the others meet it, and then for nobody", () => {
  expect(rowsOf(1, 2, false)).toEqual([{ from: 0, to: 1, tells: true }, undefined]);
  expect(rowsOf(1, 2, true)).toEqual([
    { from: 0, to: 1, tells: true },
    { from: 0, to: 1, tells: false },
  ]);
});

test("rows that every replica keeps are told by the first", () => {
  const everywhere = { isEverywhere: true, meets: false };
  expect([0, 1].map((rank) => replicaRows(3, { rank, size: 2 }, everywhere))).toEqual([
    { from: 0, to: 3, tells: true },
    { from: 0, to: 3, tells: false },
  ]);
});

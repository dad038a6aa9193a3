import { expect, test } from "vitest";
import { shareOf } from "./point.js";

test("the shares of an axis cover it once, in rank order", () => {
  for (const [whole, size] of [
    [8, 2],
    [50257, 2],
    [7, 3],
    [2, 4],
  ] as const) {
    const parts = Array.from({ length: size }, (_, rank) => shareOf(whole, { rank, size }));
    expect(parts[0]?.from).toBe(0);
    expect(parts.at(-1)?.to).toBe(whole);
    for (let rank = 1; rank < size; rank++) expect(parts[rank]?.from).toBe(parts[rank - 1]?.to);
  }
});

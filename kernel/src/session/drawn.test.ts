import { expect, test } from "vitest";
import { drawn } from "./drawn.js";
import { randomNumbers } from "./sampling.js";

test("every ordered choice is drawn equally often, and the list stays as it was", () => {
  const list = ["a", "b", "c", "d"];
  const random = randomNumbers(3);
  const counts = new Map<string, number>();
  const draws = 12_000;
  for (let i = 0; i < draws; i++) {
    const key = drawn(list, 2, random).join("");
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  expect([...counts.keys()].sort()).toEqual(
    list.flatMap((a) => list.filter((b) => b !== a).map((b) => a + b)),
  );
  const expected = draws / 12;
  const chiSquare = [...counts.values()].reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0);
  // The 99.9th percentile of χ² with 11 degrees of freedom.
  expect(chiSquare).toBeLessThan(31.26);
  expect(list).toEqual(["a", "b", "c", "d"]);
});

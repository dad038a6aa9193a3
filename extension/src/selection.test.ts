import { expect, test } from "vitest";
import { moved, placeAt } from "./selection.js";

test("arrows, home and end move inside the grid and stop at its edge", () => {
  const at = { row: 1, column: 1 };
  expect(moved(at, "ArrowUp", 3, 4)).toEqual({ row: 0, column: 1 });
  expect(moved(at, "ArrowDown", 3, 4)).toEqual({ row: 2, column: 1 });
  expect(moved(at, "ArrowLeft", 3, 4)).toEqual({ row: 1, column: 0 });
  expect(moved(at, "ArrowRight", 3, 4)).toEqual({ row: 1, column: 2 });
  expect(moved(at, "End", 3, 4)).toEqual({ row: 1, column: 3 });
  expect(moved(at, "Home", 3, 4)).toEqual({ row: 1, column: 0 });
  expect(moved({ row: 0, column: 3 }, "ArrowUp", 3, 4)).toEqual({ row: 0, column: 3 });
  expect(moved({ row: 0, column: 3 }, "ArrowRight", 3, 4)).toEqual({ row: 0, column: 3 });
  expect(moved(at, "a", 3, 4)).toBe(undefined);
});

test("a point is in a map, or in a gap, or outside", () => {
  expect(placeAt(0, 0, 8, 10, 2, 3)).toEqual({ row: 0, column: 0 });
  expect(placeAt(27.5, 17.9, 8, 10, 2, 3)).toEqual({ row: 1, column: 2 });
  expect(placeAt(8, 0, 8, 10, 2, 3)).toBe(undefined);
  expect(placeAt(30, 0, 8, 10, 2, 3)).toBe(undefined);
  expect(placeAt(-1, 0, 8, 10, 2, 3)).toBe(undefined);
});

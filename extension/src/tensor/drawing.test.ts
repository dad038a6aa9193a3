import { expect, test } from "vitest";
import { nonFinite, rampOf } from "vitrail/payload";
import { cellSize, cellsPicture, room, tickStep } from "./drawing.js";

const scale = { kind: "linear", lo: -2, hi: 2 } as const;
const ink = { scale, ramp: rampOf("light", scale), nonFinite: nonFinite.light };

test("each value fills its cell with its colour; zero is the middle, what is not finite has its own", () => {
  const values = [-2, 0, 2, NaN, Infinity, 1];
  const size = { width: 3, height: 2 };
  const { width, height, pixels } = cellsPicture((row, column) => values[3 * row + column]!, 2, 3, size, ink);
  expect([width, height]).toEqual([9, 4]);
  const last = ink.ramp.length - 1;
  const wanted = [
    ink.ramp[0],
    ink.ramp[last / 2],
    ink.ramp[last],
    nonFinite.light,
    nonFinite.light,
    ink.ramp[191],
  ];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const cell = 3 * Math.floor(y / 2) + Math.floor(x / 3);
      expect([...pixels.subarray(4 * (y * width + x), 4 * (y * width + x) + 4)]).toEqual([
        ...wanted[cell]!,
        255,
      ]);
    }
});

test("cells fit the room where a pixel each does, and thin maps get taller ones", () => {
  for (const [rows, columns] of [
    [1, 1],
    [9, 24],
    [1, 600],
    [100, 100],
    [400, 620],
  ] as const) {
    const { width, height } = cellSize(rows, columns);
    expect(width * columns).toBeLessThanOrEqual(room.width);
    expect(height * rows).toBeLessThanOrEqual(room.height);
  }
  expect(cellSize(15, 768)).toEqual({ width: 1, height: 12 });
  expect(cellSize(1e5, 1e5)).toEqual({ width: 1, height: 1 });
});

test("ticks stand at round entries, as far apart as asked", () => {
  expect([tickStep(26, 34), tickStep(1, 34), tickStep(5, 34), tickStep(0.1, 34)]).toEqual([2, 50, 10, 500]);
});

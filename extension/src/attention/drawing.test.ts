import { expect, test } from "vitest";
import { ramp } from "vitrail/payload";
import type { Picture } from "../picture.js";
import type { Ink } from "./drawing.js";
import { gridOf, mapPicture, overviewPicture } from "./drawing.js";

const ink: Ink = { scale: { kind: "linear", lo: 0, hi: 1 }, ramp: ramp("dark"), causal: true };
const pixel = ({ width, pixels }: Picture, x: number, y: number) => [
  ...pixels.subarray(4 * (y * width + x), 4 * (y * width + x) + 4),
];

test("each weight fills its cell with its colour, and masked cells stay clear", () => {
  const picture = mapPicture(new Float32Array([1, 0, 0.5, 0.25]), 2, 2, 3, ink);
  expect([picture.width, picture.height]).toEqual([6, 6]);
  for (const [x, y] of [
    [0, 0],
    [2, 2],
  ] as const)
    expect(pixel(picture, x, y)).toEqual([...ink.ramp[255]!, 255]);
  expect(pixel(picture, 0, 3)).toEqual([...ink.ramp[128]!, 255]);
  expect(pixel(picture, 5, 5)).toEqual([...ink.ramp[64]!, 255]);
  expect(pixel(picture, 3, 0)).toEqual([0, 0, 0, 0]);
  const open = mapPicture(new Float32Array([1, 0, 0.5, 0.25]), 2, 2, 3, { ...ink, causal: false });
  expect(pixel(open, 3, 0)).toEqual([...ink.ramp[0]!, 255]);
});

test("the overview puts layer and head at their place, with clear gaps", () => {
  const values = new Float32Array([0, 1, 0.5, 0.25, 0.75, 0.125]);
  const grid = gridOf(3, 1);
  const picture = overviewPicture(values, [2, 3, 1], 1, grid, ink);
  values.forEach((value, i) => {
    const [x, y] = [(i % 3) * grid.step, Math.floor(i / 3) * grid.step];
    expect(pixel(picture, x, y)).toEqual([...ink.ramp[Math.round(255 * value)]!, 255]);
    expect(pixel(picture, x + grid.side - 1, y + grid.side - 1)).toEqual(pixel(picture, x, y));
  });
  expect(pixel(picture, grid.side, 0)).toEqual([0, 0, 0, 0]);
});

test("a thin line survives in the overview of many heads", () => {
  const cells = 64;
  const values = new Float32Array(32 * cells * cells);
  for (let query = 1; query < cells; query++) values[query * cells + query - 1] = 1;
  const grid = gridOf(32, cells);
  expect(grid.cells).toBeLessThan(cells);
  const picture = overviewPicture(values, [1, 32, cells], cells, grid, ink);
  for (let row = 0; row < grid.cells; row++)
    expect(pixel(picture, row * grid.zoom, row * grid.zoom)).toEqual([...ink.ramp[255]!, 255]);
});

test("any number of heads fits beside the large map or below it, each at least 12 pixels wide", () => {
  for (let heads = 1; heads <= 64; heads++)
    for (const cells of [1, 3, 15, 64]) {
      const { side, step, zoom } = gridOf(heads, cells);
      expect(step * heads).toBeLessThanOrEqual(heads <= 16 ? 460 : 900);
      expect(zoom).toBeGreaterThanOrEqual(1);
      if (cells >= 15) expect(side).toBeGreaterThanOrEqual(12);
    }
});

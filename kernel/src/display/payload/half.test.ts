import { expect, test } from "vitest";
import { fromHalf, toHalf } from "./half.js";

test("every binary16 number survives the way to a double and back", () => {
  for (let half = 0; half < 65536; half++) {
    const value = fromHalf(half);
    if (Number.isNaN(value)) expect(Number.isNaN(fromHalf(toHalf(value)))).toBe(true);
    else if (toHalf(value) !== half) expect(toHalf(value), `${value}`).toBe(half);
  }
});

test("known numbers of the standard have their bits", () => {
  const known: [number, number][] = [
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [1 / 3, 0x3555],
    [Infinity, 0x7c00],
    [-0, 0x8000],
  ];
  for (const [value, half] of known) {
    expect(toHalf(value), `${value}`).toBe(half);
    if (value !== 1 / 3) expect(fromHalf(half)).toBe(value);
  }
});

test("a number between two halves goes to the nearer, and from the middle to the even one", () => {
  for (let half = 0; half < 0x7bff; half++) {
    const [low, high] = [fromHalf(half), fromHalf(half + 1)];
    const middle = (low + high) / 2;
    const even = half % 2 === 0 ? half : half + 1;
    const found = [toHalf(middle), toHalf(low + (high - low) * 0.49), toHalf(low + (high - low) * 0.51)];
    if (found[0] !== even || found[1] !== half || found[2] !== half + 1)
      expect(found, `between ${low} and ${high}`).toEqual([even, half, half + 1]);
  }
  expect(toHalf(65519)).toBe(0x7bff);
  expect(toHalf(65520)).toBe(0x7c00);
});

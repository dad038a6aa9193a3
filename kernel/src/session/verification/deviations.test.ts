import { describe, expect, it } from "vitest";
import { deviationsOf, distance } from "./deviations.js";
import { variationOf } from "./distributions.js";
import { effectOf } from "./effect.js";
import { printEffect } from "./view.js";

const value = (
  data: readonly number[],
  shape: readonly number[] = [data.length],
  axes: string[] = [],
  lengths = [1],
) => new Map([["x", { data: Float32Array.from(data), shape, axes, lengths }]]);
const of = (a: readonly number[], b: readonly number[]) => deviationsOf(value(a), value(b))[0]!;

describe("how far values are apart", () => {
  it("is nothing between what is equal, infinite or not a number, and as far as can be from other numbers", () => {
    const odd = [NaN, -Infinity, Infinity, 0, 1];
    for (const a of odd) for (const b of odd) expect(distance(a, b) === 0).toBe(Object.is(a, b));
    expect(odd.map((x) => distance(x, NaN))).toEqual([0, Infinity, Infinity, Infinity, Infinity]);
    expect(distance(-Infinity, Infinity)).toBe(Infinity);
    expect(distance(-0, 0)).toBe(0);
  });

  it("is measured against the largest finite entry", () => {
    expect(of([-Infinity, 2, -4, NaN], [-Infinity, 2.5, -4, NaN])).toEqual({
      name: "x",
      largest: 0.5,
      relative: 0.125,
    });
    expect(of([-Infinity, NaN], [-Infinity, NaN])).toMatchObject({ largest: 0, relative: 0 });
    for (const odd of [NaN, -Infinity, Infinity])
      for (const pair of [
        [odd, 1],
        [1, odd],
      ] as const)
        expect(of([pair[0], 3], [pair[1], 3])).toMatchObject({ largest: Infinity, relative: Infinity });
    expect(of([0, 0], [0, 1])).toMatchObject({ largest: 1, relative: Infinity });
  });

  it("leaves out padding, even where it is larger than all else", () => {
    const rows = [1, 2, 3, 4, 900, 900];
    const others = [1, 2, 3, 4.5, 0, NaN];
    const found = deviationsOf(
      value(rows, [2, 3], ["batch", "position"], [3, 1]),
      value(others, [2, 3], ["batch", "position"], [3, 1]),
    );
    expect(found).toEqual([{ name: "x", largest: 0.5, relative: 0.125 }]);
  });
});

it("compares distributions with tokens that cannot come, and such that are none", () => {
  const row = (...data: number[]) => Float32Array.from(data);
  // Of two tokens of one logit each has ½; a third that is banned in both has nothing in either.
  expect(variationOf(row(-Infinity, 1, 1), row(-Infinity, 1, 1))).toBe(0);
  expect(variationOf(row(-Infinity, 1, 1), row(-Infinity, -Infinity, 1))).toBeCloseTo(0.5, 12);
  expect(variationOf(row(NaN, 1), row(NaN, 2))).toBe(0);
  expect(variationOf(row(NaN, 1), row(1, NaN))).toBe(1);
  expect(variationOf(row(NaN, 1), row(1, 1))).toBe(1);
  expect(variationOf(row(-Infinity, -Infinity), row(-Infinity, -Infinity))).toBe(0);
});

it("says of an effect how large it is and where, and of none what was looked at", () => {
  const effect = (a: readonly number[], b: readonly number[], returned = ["x"]) =>
    printEffect(effectOf([{ edited: value(a), bare: value(b) }], new Set(returned)));
  expect(effect([-Infinity, 1], [2, 1])).toBe("an effect, infinite at most, at x");
  expect(effect([NaN, 1], [2, 1])).toBe("an effect, infinite at most, at x");
  expect(effect([3, 1], [2, 1])).toBe("an effect, 1.0e+0 at most, at x");
  expect(effect([3, 1], [2, 1], [])).toBe(
    "an effect, 1.0e+0 at most, on the x that the run left out; none on what it returned",
  );
  expect(effect([2, 1], [2, 1])).toBe("no effect at all on x");
  expect(effect([2 ** 18, 1], [2 ** 18, 1.5])).toBe("no effect above rounding (largest 5.0e-1 at x), of x");
});

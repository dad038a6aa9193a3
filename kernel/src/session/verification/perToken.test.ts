import { expect, it } from "vitest";
import { Chosen } from "./chosen.js";
import { deviationsOf } from "./deviations.js";
import { likeliest, rowsOf } from "./distributions.js";
import { perToken } from "./perToken.js";

it("a number for each token of rows that end each by itself is compared without what lies behind their ends", () => {
  const [a, b] = [perToken([[1, 2, 3], [4]]), perToken([[1, 2.5, 3], [4]])];
  expect(a.shape).toEqual([2, 3]);
  expect([...a.data]).toEqual([1, 2, 3, 4, 0, 0]);
  b.data[5] = 9;
  expect(deviationsOf(new Map([["x", a]]), new Map([["x", b]]))).toEqual([
    { name: "x", largest: 0.5, relative: 0.125 },
  ]);
  const other = perToken([[1, 2, 3], [7]]);
  expect(deviationsOf(new Map([["x", a]]), new Map([["x", other]]))[0]!.largest).toBe(3);
});

it("of each step the likeliest token is kept, and the logit of the one that was gone on with", () => {
  const logits = Float32Array.of(0, 5, 2);
  const forced = new Chosen(2, false);
  forced.add(1, 2, logits);
  forced.add(1, 0, Float32Array.of(1, NaN, 2));
  expect([forced.likeliest, forced.logits]).toEqual([
    [[], [1, -1]],
    [[], [2, 1]],
  ]);
  const greedy = new Chosen(1, true);
  greedy.add(0, 1, logits);
  expect([greedy.likeliest, greedy.logits]).toEqual([[[1]], [[5]]]);
});

it("the logits of a row's positions are those before its padding, or all of those that were chosen", () => {
  const logits = { shape: [2, 2, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5, 6, 7) };
  const of = (lengths?: number[]) => rowsOf(logits, lengths).map((row) => [...row]);
  expect(of([2, 1])).toEqual([
    [0, 1],
    [2, 3],
    [4, 5],
  ]);
  expect(of().at(-1)).toEqual([6, 7]);
  expect(of()).toHaveLength(4);
});

it.each([
  [[1, 3, 3, 2], 1],
  [[-Infinity, -4], 1],
  [[-Infinity, -Infinity], 0],
  [[0, Infinity, 5], 1],
  [[5, NaN, 7], -1],
])("the likeliest token of %j is %i", (logits, id) => {
  expect(likeliest(Float32Array.from(logits))).toBe(id);
});

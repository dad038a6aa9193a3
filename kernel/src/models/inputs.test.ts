import { expect, test } from "vitest";
import { prepareInputs } from "./inputs.js";

const rowsOf = (data: ArrayLike<number | bigint>, width: number) =>
  Array.from({ length: data.length / width }, (_, line) =>
    Array.from({ length: width }, (_, column) => Number(data[line * width + column])),
  );
const seen = (mask: { data: Float32Array; shape: readonly number[] }) =>
  rowsOf(mask.data, mask.shape[3]!).map((line) => line.map((x) => (x === 0 ? 1 : 0)));

test("a query sees itself and what stands before it in its row, and no padding", () => {
  const { tokens, positions, mask, select } = prepareInputs([[5, 6, 7], [8]], "last");
  expect(rowsOf(tokens.data, 3)).toEqual([
    [5, 6, 7],
    [8, 0, 0],
  ]);
  expect(rowsOf(positions.data, 3)).toEqual([
    [0, 1, 2],
    [0, 0, 0],
  ]);
  expect(mask.shape).toEqual([2, 1, 3, 3]);
  expect(seen(mask)).toEqual([
    [1, 0, 0],
    [1, 1, 0],
    [1, 1, 1],
    [1, 0, 0],
    [1, 0, 0],
    [1, 0, 0],
  ]);
  expect(rowsOf(select.data, 1)).toEqual([[2], [0]]);
});

test("rows go on from their own tokens, and see those and never the padding between", () => {
  const past = [Uint8Array.of(1, 1, 1, 1), Uint8Array.of(1, 0, 0, 1), Uint8Array.of(1, 1, 0, 0)];
  const { positions, mask, keys, select } = prepareInputs([[5, 6], [7], []], "last", past);
  expect(keys.shape).toEqual([3, 1, 1, 6]);
  expect(rowsOf(keys.data, 6)).toEqual([
    [1, 1, 1, 1, 1, 1],
    [1, 0, 0, 1, 1, 0],
    [1, 1, 0, 0, 0, 0],
  ]);
  expect(rowsOf(positions.data, 2)).toEqual([
    [4, 5],
    [2, 0],
    [0, 0],
  ]);
  expect(mask.shape).toEqual([3, 1, 2, 6]);
  expect(seen(mask)).toEqual([
    [1, 1, 1, 1, 1, 0],
    [1, 1, 1, 1, 1, 1],
    [1, 0, 0, 1, 1, 0],
    [1, 0, 0, 1, 1, 0],
    [1, 1, 0, 0, 0, 0],
    [1, 1, 0, 0, 0, 0],
  ]);
  expect(rowsOf(select.data, 1)).toEqual([[1], [0], [0]]);
});

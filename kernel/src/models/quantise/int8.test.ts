import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { goldens } from "../checkpoint/goldens.fixture.js";
import { readTensor } from "../checkpoint/read.js";
import { readSafetensors } from "../checkpoint/safetensors.js";
import { quantiseInt8 } from "./int8.js";

const shape = [12, 20] as const;

test.each([0, 1] as const)(
  "values and scales along axis %i are PyTorch's, ties and zeros among them",
  async (axis) => {
    const file = join(goldens, "quantised", "rule.safetensors");
    const tensors = new Map((await readSafetensors(file)).map((tensor) => [tensor.name, tensor]));
    const matrix = await readTensor(tensors.get("matrix")!);
    const { values, scales } = quantiseInt8("w", matrix, shape, axis);
    expect(scales).toEqual(await readTensor(tensors.get(`scales.${axis}`)!));
    const { offset, bytes } = tensors.get(`values.${axis}`)!;
    const expected = new Int8Array(readFileSync(file).subarray(offset, offset + bytes));
    expect(values).toEqual(expected);

    // Ties, both signs of the largest and a channel of zeros are there.
    const { min, max } = Math;
    expect([min(...values), max(...values), min(...scales)]).toEqual([-127, 127, 0]);
    if (axis === 0) expect([...values.subarray(3 * 20, 3 * 20 + 5)]).toEqual([127, 0, 2, 2, 0]);
  },
);

test("what has no scale is refused with its place", () => {
  const matrix = (...data: number[]) => Float32Array.from(data);
  expect(() => quantiseInt8("w", matrix(1, 2, 3, NaN), [2, 2], 0)).toThrow(
    '"w" [1, 1] is NaN: int8 has no such value',
  );
  expect(() => quantiseInt8("w", matrix(1, -Infinity, 3, 4), [2, 2], 0)).toThrow('"w" [0, 1] is -Infinity');
  expect(() => quantiseInt8("w", matrix(1, 2 ** -130, 3, 2 ** -131), [2, 2], 1)).toThrow(
    `"w" channel 1 has no entry above ${2 ** -130}: too small for an int8 scale`,
  );
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { StoredTensor } from "./checkpoint.js";
import { pytorchGolden, sha256 } from "./goldens.fixture.js";
import { readTensor } from "./read.js";

const folder = mkdtempSync(join(tmpdir(), "vitrail-read-"));
afterAll(() => rmSync(folder, { recursive: true }));

function stored(
  dtype: StoredTensor["dtype"],
  shape: number[],
  content: Uint8Array,
  offset = 0,
): StoredTensor {
  const file = join(folder, `${dtype}-${shape.join("x")}-${offset}`);
  writeFileSync(file, Buffer.concat([Buffer.alloc(offset, 0xff), content]));
  return { name: "w", dtype, shape, file, offset, bytes: content.length };
}

test.each(["f16", "bf16"] as const)("all 65536 patterns of %s are widened as PyTorch does", async (dtype) => {
  const patterns = Uint16Array.from({ length: 2 ** 16 }, (_, i) => i);
  const values = await readTensor(stored(dtype, [2 ** 16], new Uint8Array(patterns.buffer)));
  // A NaN keeps no payload in PyTorch's hash, so it keeps none here.
  const bits = new Uint32Array(values.buffer);
  values.forEach((value, i) => Number.isNaN(value) && (bits[i] = 0x7fc00000));
  expect(sha256(new Uint8Array(values.buffer))).toBe(pytorchGolden.halves[dtype]);
});

test("an offset that is no multiple of the width is read", async () => {
  const content = new Uint8Array(Float32Array.of(1.5, -2, 3e-40).buffer);
  expect(await readTensor(stored("f32", [3], content, 5))).toEqual(Float32Array.of(1.5, -2, 3e-40));
});

test("more than one chunk is read whole, f64 rounded", async () => {
  const values = Float64Array.from({ length: 4 * 2 ** 20 + 3 }, (_, i) => i / 3);
  const read = await readTensor(stored("f64", [values.length], new Uint8Array(values.buffer)));
  expect(Buffer.from(read.buffer).equals(Buffer.from(Float32Array.from(values).buffer))).toBe(true);
});

describe("refused in one line", () => {
  test("integers", () =>
    expect(readTensor(stored("i64", [1], new Uint8Array(8)))).rejects.toThrow(
      'tensor "w" is i64: read as float32 are f32, f16, bf16, f64',
    ));
  test("a file that became shorter", () =>
    expect(readTensor({ ...stored("f32", [4], new Uint8Array(8)), bytes: 16 })).rejects.toThrow(
      "the file ends at 8, before byte 16",
    ));
});

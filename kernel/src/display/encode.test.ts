import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { encodeBlock } from "./encode.js";
import type { Block } from "./payload/block.js";
import { decodeBlock } from "./payload/decode.js";
import type { Scale } from "./payload/scale.js";

/** Deterministic numbers in [0, 1). */
function numbers(count: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

const unit: Scale = { kind: "linear", lo: 0, hi: 1 };
const header = { dtype: "u8", order: "C", endian: "little", scale: unit } as const;

test("values come back from every dtype to that dtype's precision, zipped or not", async () => {
  const encodings = new Set<string>();
  for (let seed = 1; seed <= 40; seed++) {
    const shape = [(seed % 4) + 1, (seed % 7) + 1, (seed % 5) + 1];
    const count = shape.reduce((a, b) => a * b);
    // Every other block is mostly zeros, which zips; noise does not.
    const values = numbers(count, seed).map((x, i) => (seed % 2 && i % 9 ? 0 : x));
    for (const [dtype, error] of [
      ["f32", 0],
      ["f16", 2 ** -12],
      ["u8", 0.5 / 255 + 1e-7],
    ] as const) {
      const block = encodeBlock(values, shape, dtype, unit);
      encodings.add(block.encoding);
      const back = await decodeBlock(JSON.parse(JSON.stringify(block)) as Block);
      expect(back.shape).toEqual(shape);
      expect(back.verified).toBe(true);
      const worst = Math.max(...back.values.map((x, i) => Math.abs(x - values[i]!)));
      expect(worst).toBeLessThanOrEqual(error);
    }
  }
  expect([...encodings].sort()).toEqual(["base64", "gzip+base64"]);
});

test("small weights vanish in linear codes and live in log and asinh ones", async () => {
  const small = new Float32Array([0.0015, 0.0005, 0]);
  const through = async (scale: Scale) => (await decodeBlock(encodeBlock(small, [3], "u8", scale))).values;
  expect([...(await through(unit))]).toEqual([0, 0, 0]);
  for (const scale of [
    { kind: "log", lo: 1e-4, hi: 1 },
    { kind: "asinh", lo: 0, hi: 1 },
  ] as const) {
    const back = await through(scale);
    expect(back[0]! / 0.0015).toBeCloseTo(1, 0.9);
    expect(back[0]).toBeGreaterThan(back[1]!);
    expect(back[1]).toBeGreaterThan(0);
    expect(back[2]).toBe(0);
  }
});

test("f16 and f32 keep infinities and NaN, u8 refuses NaN", async () => {
  const odd = new Float32Array([NaN, Infinity, -Infinity]);
  for (const dtype of ["f16", "f32"] as const)
    expect([...(await decodeBlock(encodeBlock(odd, [3], dtype, unit))).values]).toEqual([
      NaN,
      Infinity,
      -Infinity,
    ]);
  expect(() => encodeBlock(odd, [3], "u8", unit)).toThrow(
    "value 0 is NaN, which a u8 block cannot hold: use f16",
  );
});

test("values that do not fill their shape are refused", () => {
  expect(() => encodeBlock(new Float32Array(5), [2, 3], "f32", unit)).toThrow(
    "5 values do not fill shape [2, 3]",
  );
});

test("a gzip bomb is stopped at the size its shape claims", async () => {
  const bomb = gzipSync(new Uint8Array(300e6)).toString("base64");
  const before = process.memoryUsage().arrayBuffers;
  const small: Block = { ...header, shape: [10], encoding: "gzip+base64", data: bomb };
  await expect(decodeBlock(small)).rejects.toThrow(/allows/);
  const nested: Block = {
    ...small,
    shape: [300_000],
    data: gzipSync(new Uint8Array(100e6)).toString("base64"),
  };
  await expect(decodeBlock(nested)).rejects.toThrow(
    "block unzips to more than the 300000 bytes of its shape",
  );
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
  const huge: Block = { ...small, shape: [1e6, 1e6] };
  await expect(decodeBlock(huge)).rejects.toThrow("would take 1000000000000 bytes, over 67108864");
});

test.each<[string, Partial<Block>, string]>([
  ["too few bytes", { data: "AAAA" }, "block holds 3 bytes, its shape needs 4"],
  ["too many bytes", { data: "AAAAAAAAAAAA" }, "block data has 12 characters, its shape allows 8"],
  ["no base64", { data: "§§§§" }, "block data of 4 characters is not base64"],
  ["no gzip", { encoding: "gzip+base64", data: "AAAA" }, "block data is not gzip"],
  [
    "short gzip",
    { encoding: "gzip+base64", data: gzipSync(new Uint8Array(3)).toString("base64") },
    "unzips to 3 bytes",
  ],
  ["a wrong hash", { data: "AAAAAA==", sha256: "0".repeat(64) }, "block has sha256 df3f6198"],
  ["an empty axis", { shape: [4, 0] }, "block shape [4, 0] must hold whole numbers above 0"],
  ["a negative axis", { shape: [-2, -2] }, "block shape [-2, -2] must hold whole numbers above 0"],
  ["a scale without width", { scale: { kind: "linear", lo: 1, hi: 1 } }, "scale from 1 to 1"],
  ["a log scale from 0", { scale: { kind: "log", lo: 0, hi: 1 } }, "must start above 0"],
])("a block with %s is refused in one line", async (_, part, message) => {
  const block: Block = { ...header, shape: [4], encoding: "base64", data: "AAAAAA==", ...part };
  const error = await decodeBlock(block).then(
    () => undefined,
    (reason: Error) => reason,
  );
  expect(error?.message).toContain(message);
  expect(error?.message).not.toContain("\n");
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { readSafetensors } from "./safetensors.js";

const folder = mkdtempSync(join(tmpdir(), "vitrail-safetensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function file(content: Uint8Array): string {
  const path = join(folder, `${count++}.safetensors`);
  writeFileSync(path, content);
  return path;
}

/** A file with this header and this many bytes of data. */
function packed(header: unknown, bytes: number, length?: number | bigint): string {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(length ?? json.length));
  return file(Buffer.concat([head, json, Buffer.alloc(bytes)]));
}

const floats = (n: number, at: number) => ({ dtype: "F32", shape: [n], data_offsets: [at, at + 4 * n] });

test("tensors are located, in any order, with metadata and padding", async () => {
  const header = {
    b: floats(2, 4),
    a: { dtype: "I64", shape: [], data_offsets: [12, 20] },
    c: floats(1, 0),
    z: floats(0, 12),
  };
  const text = `${JSON.stringify({ __metadata__: { format: "pt" }, ...header })}   `;
  const path = packed(text, 20);
  const start = 8 + text.length;
  expect(await readSafetensors(path)).toEqual([
    { name: "b", dtype: "f32", shape: [2], file: path, offset: start + 4, bytes: 8 },
    { name: "a", dtype: "i64", shape: [], file: path, offset: start + 12, bytes: 8 },
    { name: "c", dtype: "f32", shape: [1], file: path, offset: start, bytes: 4 },
    { name: "z", dtype: "f32", shape: [0], file: path, offset: start + 12, bytes: 0 },
  ]);
});

test("names that objects have of themselves are names", async () => {
  const path = packed('{"__proto__": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}', 4);
  expect((await readSafetensors(path)).map(({ name }) => name)).toEqual(["__proto__"]);
});

describe("a malformed file is refused in one line", () => {
  const one = (entry: object, bytes = 8) => packed({ w: { ...floats(2, 0), ...entry } }, bytes);
  const cases: Record<string, [path: string, message: string | RegExp]> = {
    "too short": [file(Buffer.alloc(7)), "has 7 bytes: too short for a safetensors header"],
    empty: [file(Buffer.alloc(0)), "has 0 bytes: too short"],
    "header beyond the file": [packed({}, 0, 3), ": a header of 3 bytes does not fit in a file of 10"],
    "absurd header": [packed({}, 0, 2n ** 64n - 1n), ": a header of 18446744073709551615 bytes does not fit"],
    "no json": [packed("{'w': 1}", 0), /^the header of .* is not json: /],
    "space before the header": [packed(" {}", 0), 'the header does not begin with "{"'],
    "array header": [packed("[]", 0), 'the header does not begin with "{"'],
    "no header": [packed("", 0), 'the header does not begin with "{"'],
    "name twice": [
      packed(`{"w": ${JSON.stringify(floats(1, 0))}, "w": ${JSON.stringify(floats(1, 4))}}`, 8),
      'names "w" twice in one object',
    ],
    "unknown dtype": [
      one({ dtype: "F8_E4M3" }),
      'tensor "w" has dtype "F8_E4M3": read are F64, I64, F32, I32, F16,',
    ],
    "lower-case dtype": [one({ dtype: "f32" }), 'tensor "w" has dtype "f32": read are'],
    "bytes of another dtype": [
      one({ dtype: "F16" }),
      'tensor "w" [2] of f16 takes 4 bytes, and its range 0–8 has 8',
    ],
    "bytes of another shape": [
      one({ shape: [3] }),
      'tensor "w" [3] of f32 takes 12 bytes, and its range 0–8 has 8',
    ],
    "overflowing shape": [
      one({ shape: [2 ** 52, 2 ** 52, 0, 2 ** 52] }),
      "takes 0 bytes, and its range 0–8 has 8",
    ],
    "backward range": [one({ data_offsets: [8, 0] }), "takes 8 bytes, and its range 8–0 has -8"],
    "negative size": [one({ shape: [-2] }), /tensor "w" at shape\.0: /],
    "fractional size": [one({ shape: [1.5] }), /tensor "w" at shape\.0: /],
    "three offsets": [one({ data_offsets: [0, 4, 8] }), /tensor "w" at data_offsets: /],
    "no dtype": [one({ dtype: undefined }), /tensor "w" at dtype: /],
    "another field": [one({ strides: [1] }), /tensor "w": unrecognized key: "strides"/],
    "no entry": [packed({ w: 3 }, 0), /tensor "w": /],
    "odd metadata": [packed({ __metadata__: { n: 1 } }, 0), "__metadata__ must hold texts by name"],
    "beyond the file": [one({}, 7), /tensor "w" ends at byte \d+, beyond the file's \d+/],
    overlap: [packed({ a: floats(2, 0), b: floats(2, 4) }, 12), 'tensor "b" overlaps tensor "a"'],
    "one range twice": [packed({ a: floats(2, 0), b: floats(2, 0) }, 8), 'tensor "b" overlaps tensor "a"'],
    "hole at the beginning": [
      packed({ a: floats(1, 4) }, 8),
      '4 bytes between the header and tensor "a" belong to none',
    ],
    hole: [
      packed({ a: floats(1, 0), b: floats(1, 8) }, 12),
      '4 bytes between tensor "a" and tensor "b" belong to none',
    ],
    "bytes at the end": [one({}, 10), '2 bytes after tensor "w" belong to no tensor'],
    "name of two lines": [packed({ "a\nb": floats(1, 4) }, 8), 'tensor "a\\nb" belong to none'],
    "git-lfs pointer": [
      file(Buffer.from("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n")),
      'is a git-lfs pointer, not the weights: fetch them with "git lfs pull"',
    ],
    missing: [join(folder, "none.safetensors"), /^cannot read .*none\.safetensors: ENOENT/],
    "a folder": [folder, /is not a file$/],
  };
  test.each(Object.entries(cases))("%s", async (_, [path, message]) => {
    await expect(readSafetensors(path)).rejects.toThrow(message);
    await expect(readSafetensors(path)).rejects.toThrow(/^[^\n]+$/);
  });
});

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ParcelWriter } from "../engine/parcel/writer.js";
import type { HookPoint, Partition } from "../graph/point.js";
import { assemble, type Whole } from "./assemble.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "assemble-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const name = "layers.0.attention.pattern";
const point = (partition: Partition): HookPoint => ({
  name,
  aliases: [],
  axes: [],
  shape: [],
  partition,
  layer: 0,
});

/** A tensor whose values are their own coordinates in the whole, so that any misplacement shows. */
function part(shape: number[], starts: readonly number[]): Whole {
  const data: number[] = [];
  const walk = (at: number[]) => {
    if (at.length === shape.length)
      return void data.push(at.reduce((code, index, i) => code * 10 + index + (starts[i] ?? 0), 0));
    for (let index = 0; index < (shape[at.length] as number); index++) walk([...at, index]);
  };
  walk([]);
  return { dtype: "f32", shape, data: Float32Array.from(data) };
}

/** What a rank answers with. */
function answer(dataRank: number, tensorRank: number, ...parts: Whole[]) {
  const writer = new ParcelWriter(folder, "1", `${dataRank}-${tensorRank}`);
  for (const [i, each] of parts.entries()) writer.add(i === 0 ? name : `other ${i}`, each);
  return { stage: 0, dataRank, tensorRank, parcel: writer.finish() };
}

test.each([0, 1, 2])(
  "uneven parts along axis %i make the whole, in whatever order they come",
  async (axis) => {
    const sizes = [2, 3, 4];
    const along = (length: number, start: number) =>
      part(
        sizes.map((size, at) => (at === axis ? length : size)),
        sizes.map((_, at) => (at === axis ? start : 0)),
      );
    const results = [answer(0, 2, along(2, 4)), answer(0, 0, along(3, 0)), answer(0, 1, along(1, 3))];
    const wholes = await assemble(results, () => point({ kind: "split", axis }));
    expect(wholes.get(name)).toEqual(along(6, 0));
  },
);

test.each([2, 300_000])("units of tensor ranks lie within rows of replicas, each %i long", async (length) => {
  const units = (row: number, unit: number) => ({
    dtype: "f32" as const,
    shape: [row + 1, 2, length],
    data: Float32Array.from(
      { length: (row + 1) * 2 * length },
      (_, i) => 1e6 * row + 1e5 * unit + (i % 99_991),
    ),
  });
  const results = [0, 1].flatMap((row) => [0, 1].map((unit) => answer(row, unit, units(row, unit))));
  const whole = (await assemble(results, () => point({ kind: "split", axis: 2 }))).get(name)!;
  expect(whole.shape).toEqual([3, 2, 2 * length]);
  for (const [row, first] of [
    [0, 0],
    [1, 1],
  ] as const)
    for (const unit of [0, 1]) {
      const held = units(row, unit).data;
      for (let line = 0; line < held.length / length; line++) {
        const at = ((2 * first + line) * 2 + unit) * length;
        const found = whole.data.subarray(at, at + length);
        expect(Buffer.compare(bytes(found), bytes(held.subarray(line * length, (line + 1) * length)))).toBe(
          0,
        );
      }
    }
});

const bytes = ({ buffer, byteOffset, byteLength }: Float32Array) =>
  Buffer.from(buffer, byteOffset, byteLength);

test("terms of what is no point add up, other values stay apart", async () => {
  const one = part([2, 2], []);
  const [total, other] = [
    ...(await assemble([answer(0, 0, one, part([1], [])), answer(1, 0, one)], () => undefined)).values(),
  ];
  expect(total).toEqual({ ...one, data: one.data.map((x) => 2 * x) });
  expect(other!.shape).toEqual([1]);
});

test("several ranks that answer for an unsplit value are an error, not a choice, and nothing of them is left", async () => {
  const one = part([2], []);
  const whole = point({ kind: "whole" });
  await expect(assemble([answer(0, 0, one), answer(0, 1, one)], () => whole)).rejects.toThrow(
    "2 ranks answered for layers.0.attention.pattern, which is not split",
  );
  expect(readdirSync(folder)).toEqual([]);
  expect((await assemble([answer(0, 0, one)], () => whole)).get(name)).toEqual(one);
});

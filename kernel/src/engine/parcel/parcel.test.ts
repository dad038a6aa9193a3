import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Tensor } from "../../graph/tensor.js";
import { entriesOf, indexOf } from "./entries.js";
import { discardLabelled, discardParcel, makeParcelFolder } from "./folder.js";
import { takeParcel } from "./reader.js";
import { ParcelWriter } from "./writer.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "parcel-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Large arrays are compared as bytes, in a thousandth of the time. */
const bytesOf = ({ buffer, byteOffset, byteLength }: Tensor["data"]) =>
  Buffer.from(buffer, byteOffset, byteLength);

const residual = {
  dtype: "f32",
  shape: [1, 2, 3],
  data: Float32Array.of(1, -0, NaN, Infinity, 1e-40, 6),
} as const;
const tokens = { dtype: "i64", shape: [3], data: BigInt64Array.of(-1n, 2n ** 62n, 0n) } as const;
const nothing = { dtype: "f32", shape: [0, 4], data: new Float32Array(0) } as const;

test("tensors come back bit for bit, and the file is gone", async () => {
  const writer = new ParcelWriter(folder, "1", "0");
  writer.add("residual", residual);
  writer.add("tokens", tokens);
  writer.add("nothing", nothing);
  const parcel = writer.finish();
  expect(statSync(parcel.path).mode & 0o777).toBe(0o600);
  const read = await takeParcel(JSON.parse(JSON.stringify(parcel)));
  expect([...read.keys()]).toEqual(["residual", "tokens", "nothing"]);
  expect(Buffer.from(read.get("residual")?.data.buffer as ArrayBuffer)).toEqual(
    Buffer.from(residual.data.buffer),
  );
  expect(read.get("tokens")).toEqual(tokens);
  expect(read.get("nothing")?.shape).toEqual([0, 4]);
  expect(readdirSync(folder)).toEqual(["free-0"]);
});

test("the file of a parcel that was read is written anew", async () => {
  const write = (data: Float32Array) => {
    const writer = new ParcelWriter(folder, "1", "0");
    writer.add("counting", { dtype: "f32", shape: [data.length], data });
    return writer.finish();
  };
  const first = write(Float32Array.from({ length: 9000 }, (_, i) => i));
  const { ino } = statSync(first.path);
  const unread = write(Float32Array.of(1));
  expect(statSync(unread.path).ino).not.toBe(ino);
  const read = (await takeParcel(first)).get("counting")?.data;
  const second = write(Float32Array.of(7, 8));
  expect(statSync(second.path)).toMatchObject({ ino });
  expect(read?.[8999]).toBe(8999);
  expect((await takeParcel(second)).get("counting")?.data).toEqual(Float32Array.of(7, 8));
});

test("one tensor under two names is written once and read as two", async () => {
  const data = new Float32Array(5000).fill(3);
  const writer = new ParcelWriter(folder, "1", "0");
  for (const name of ["out", "in"]) writer.add(name, { dtype: "f32", shape: [5000], data });
  const parcel = writer.finish();
  expect(statSync(parcel.path).size).toBe(20_000);
  const [out, into] = [...(await takeParcel(parcel)).values()].map((tensor) => tensor.data);
  expect(into).toEqual(data);
  (out as Float32Array).fill(0);
  expect(into).toEqual(data);
});

describe("a tensor that is computed where it leaves", () => {
  const shape = [2, 2 ** 19];
  const write = (value: number) => {
    const writer = new ParcelWriter(folder, "1", "0");
    writer.add("first", residual);
    const place = writer.place(shape);
    if (place !== undefined) {
      place.data.fill(value as never);
      writer.add("placed", place);
    }
    writer.add("last", tokens);
    return { parcel: writer.finish(), place };
  };

  test.skipIf(process.platform !== "linux")("is there without being written, between others", async () => {
    const { parcel, place } = write(5);
    expect(place).toMatchObject({ dtype: "f32", shape });
    const read = await takeParcel(parcel);
    expect([...read.keys()]).toEqual(["first", "placed", "last"]);
    expect(bytesOf(read.get("placed")!.data).equals(bytesOf(new Float32Array(2 ** 20).fill(5)))).toBe(true);
    expect(Buffer.from(read.get("first")!.data.buffer)).toEqual(Buffer.from(residual.data.buffer));
    expect(read.get("last")).toEqual(tokens);
  });

  test("leaves alone what was read of the file before, and a parcel that waits to be read", async () => {
    const before = await takeParcel(write(5).parcel);
    const unread = write(6).parcel;
    const after = await takeParcel(write(7).parcel);
    expect(
      [before, after, await takeParcel(unread)].map((read) => read.get("placed")!.data[900_000]),
    ).toEqual([5, 7, 6]);
  });

  test("has no place where it is small, or where the file's system is full", async ({ skip }) => {
    const writer = new ParcelWriter(folder, "1", "0");
    expect(writer.place([3])).toBeUndefined();
    writer.discard();
    const small = join(folder, "small");
    mkdirSync(small);
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", small]);
    if (mounted.status !== 0) return skip("mounting a small tmpfs needs root");
    try {
      const full = new ParcelWriter(small, "1", "0", folder);
      expect(full.place([2 ** 20])?.shape).toEqual([2 ** 20]);
      expect(full.place([2 ** 20])).toBeUndefined();
      full.discard();

      // What was gathered no longer fits when a place is asked for, so that the parcel goes on on disk.
      const writer = new ParcelWriter(small, "1", "0", folder);
      const placed = writer.place([2 ** 20])!;
      placed.data.fill(5 as never);
      const tensors = new Map<string, Tensor>([["placed", placed]]);
      for (const [name, length] of Object.entries({ large: 500_000, gathered: 50_000 }))
        tensors.set(name, { dtype: "f32", shape: [length], data: new Float32Array(length).fill(length) });
      for (const [name, tensor] of tensors) writer.add(name, tensor);
      expect(writer.place([2 ** 20])).toBeUndefined();
      const copies = new Map([...tensors].map(([name, { data }]) => [name, data.slice()]));
      const parcel = writer.finish();
      expect(dirname(parcel.path)).toBe(folder);
      for (const [name, { data }] of await takeParcel(parcel))
        expect(bytesOf(data).equals(bytesOf(copies.get(name)!)), name).toBe(true);
    } finally {
      spawnSync("umount", [small]);
    }
  });
});

test("a view into a larger buffer is written alone", async () => {
  const writer = new ParcelWriter(folder, "1", "0");
  writer.add("view", { dtype: "f32", shape: [2], data: Float32Array.of(9, 1, 2, 9).subarray(1, 3) });
  expect((await takeParcel(writer.finish())).get("view")?.data).toEqual(Float32Array.of(1, 2));
});

test("a parcel that does not hold what was described is an error, and nobody else reads it", async () => {
  const short = new ParcelWriter(folder, "1", "0");
  short.add("residual", residual);
  const parcel = short.finish();
  truncateSync(parcel.path, 10);
  await expect(takeParcel(parcel)).rejects.toThrow("residual ends after 10 of 24 bytes");
  const wrong = new ParcelWriter(folder, "1", "0");
  wrong.add("tokens", tokens);
  const lied = wrong.finish();
  const longer = indexOf(entriesOf(lied).map((entry) => ({ ...entry, shape: [4] })));
  await expect(takeParcel({ ...lied, index: longer })).rejects.toThrow("tokens ends after 24 of 32 bytes");
  const none = new ParcelWriter(folder, "1", "1").finish();
  await expect(takeParcel({ ...none, index: '[["tokens"]]' })).rejects.toThrow(
    /no index of tensors: \[\["tokens/,
  );
  discardParcel(none);
  expect(readdirSync(folder)).toEqual(["free-0"]);
});

test("an unread parcel can be discarded, once or twice", () => {
  const parcel = new ParcelWriter(folder, "1", "0").finish();
  discardParcel(parcel);
  discardParcel(parcel);
  new ParcelWriter(folder, "1", "0").discard();
  const finished = new ParcelWriter(folder, "1", "0");
  finished.finish();
  finished.discard();
  expect(readdirSync(folder)).toEqual([]);
});

test("what a killed writer left is found by its label", () => {
  const left = new ParcelWriter(folder, "1", "0");
  left.add("residual", residual);
  const other = new ParcelWriter(folder, "11", "0").finish();
  discardLabelled(folder, "1");
  expect(readdirSync(folder)).toEqual([basename(other.path)]);
});

test("without shared memory, parcels lie in the session's own folder", () => {
  const made = makeParcelFolder("test", folder, join(folder, "absent"));
  expect(made.startsWith(folder)).toBe(true);
  expect(statSync(made).mode & 0o777).toBe(0o700);
});

test("when shared memory is full, the parcel goes on on disk", async ({ skip }) => {
  const small = join(folder, "small");
  mkdirSync(small);
  const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=512k", "tmpfs", small]);
  if (mounted.status !== 0) return skip("mounting a small tmpfs needs root");
  try {
    const parts = [1, 2, 3].map((value) => ({
      dtype: "f32" as const,
      shape: [70_000],
      data: new Float32Array(70_000).fill(value),
    }));
    const alone = new ParcelWriter(small, "1", "0");
    expect(() => parts.forEach((part, index) => alone.add(`${index}`, part))).toThrow("ENOSPC");
    alone.discard();
    const writer = new ParcelWriter(small, "1", "0", folder);
    parts.forEach((part, index) => writer.add(`${index}`, part));
    const read = await takeParcel(writer.finish());
    parts.forEach((part, index) => expect(read.get(`${index}`)).toEqual(part));
    expect(readdirSync(small)).toEqual([]);
    expect(readdirSync(folder)).toEqual(["small"]);
  } finally {
    spawnSync("umount", [small]);
  }
});

test("when shared memory was cleared, as that of a user who logs out, the parcel is made on disk", async () => {
  const cleared = join(folder, "cleared");
  const alone = () => new ParcelWriter(cleared, "1", "0");
  expect(alone).toThrow("ENOENT");
  const writer = new ParcelWriter(cleared, "1", "0", folder);
  writer.add("residual", residual);
  const parcel = writer.finish();
  expect(parcel.free).toBeUndefined();
  expect((await takeParcel(parcel)).get("residual")).toEqual(residual);
  expect(readdirSync(folder)).toEqual([]);
});

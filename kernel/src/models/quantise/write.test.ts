import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { goldens } from "../checkpoint/goldens.fixture.js";
import { readTensor } from "../checkpoint/read.js";
import { openModel } from "../model.js";
import { quantiseInt8 } from "./int8.js";
import { quantised } from "./quantised.js";
import { writeQuantised } from "./write.js";

const folder = mkdtempSync(join(tmpdir(), "vitrail-int8-"));
afterAll(() => rmSync(folder, { recursive: true }));

const place = (name: string) => ({ rule: "int8" as const, file: join(folder, name) });

test.each(["galactica", "gpt2"])(
  "a weight of %s reads back as its int8 values times their scales",
  async (name) => {
    const model = await openModel(join(goldens, "checkpoints", name));
    const told: number[] = [];
    await writeQuantised(model, place(name), { onProgress: (written, total) => told.push(written / total) });
    expect(told[0]).toBe(0);
    expect(told).toEqual(told.toSorted((a, b) => a - b));
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    const held = [...quantised(model, place(name)).parameters].filter(
      ([, { scales }]) => scales !== undefined,
    );
    expect(told).toHaveLength(held.length);
    for (const [own, stored] of held) {
      const [rows, columns] = stored.shape as [number, number];
      const data = await readTensor(model.parameters.get(own)!);
      const { values, scales } = quantiseInt8(own, data, [rows, columns], stored.scales!.axis);
      const by = (i: number) => scales[stored.scales!.axis === 0 ? Math.floor(i / columns) : i % columns]!;
      const got = await readTensor(stored);
      expect(got, own).toEqual(Float32Array.from(values, (x, i) => x * by(i)));
      // No entry is further off than half a step.
      got.forEach((x, i) => expect(Math.abs(x - data[i]!)).toBeLessThanOrEqual(0.5001 * by(i)));
    }
  },
);

test("given up it leaves no file, and where there is one already it stays", async () => {
  const model = await openModel(join(goldens, "checkpoints", "opt"));
  const before = readdirSync(folder);
  const stop = new AbortController();
  const told: string[] = [];
  const onProgress = (_: number, __: number, name: string) => {
    if (told.push(name) === 3) stop.abort(new Error("enough"));
  };
  await expect(writeQuantised(model, place("opt"), { signal: stop.signal, onProgress })).rejects.toThrow(
    "enough",
  );
  expect(told).toHaveLength(3);
  expect(readdirSync(folder)).toEqual(before);

  writeFileSync(join(folder, "there"), "");
  await writeQuantised(model, place("there"));
  expect(statSync(join(folder, "there")).size).toBe(0);
});

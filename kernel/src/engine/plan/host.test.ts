import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { freeCudaMemory, threadsOf } from "./host.js";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "vitrail-host-"))));
afterEach(() => rmSync(folder, { recursive: true }));

/** An environment whose driver prints these lines, as `nvidia-smi` 580 prints them on two cards. */
function driver(lines: readonly string[], more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const tool = join(folder, "nvidia-smi");
  writeFileSync(tool, `#!/bin/sh\nprintf '${lines.join("\\n")}\\n'\n`);
  chmodSync(tool, 0o755);
  return { PATH: `${folder}:${process.env["PATH"]}`, ...more };
}

test("free memory of graphics cards is the driver's, in bytes, by number", () => {
  expect(freeCudaMemory(driver(["0, NVIDIA H200, 143156", "1, NVIDIA H200, 1024"]))).toEqual(
    new Map([
      [0, 143156 * 2 ** 20],
      [1, 2 ** 30],
    ]),
  );
});

test("nothing is guessed without the driver's tool, or where CUDA numbers the cards otherwise", () => {
  expect(freeCudaMemory({ PATH: folder })).toEqual(new Map());
  const mixed = ["0, NVIDIA T4, 15000", "1, NVIDIA H200, 143156"];
  expect(freeCudaMemory(driver(mixed))).toEqual(new Map());
  expect(freeCudaMemory(driver(mixed, { CUDA_DEVICE_ORDER: "PCI_BUS_ID" })).get(0)).toBe(15000 * 2 ** 20);
  expect(freeCudaMemory(driver(mixed.slice(1), { CUDA_VISIBLE_DEVICES: "1" }))).toEqual(new Map());
});

test("threads are read from the environment as PyTorch reads them, and nothing is made of what is no number", () => {
  const read = (OMP_NUM_THREADS: string) => threadsOf({ OMP_NUM_THREADS });
  expect(["1", " 12 ", "4,2,1"].map(read)).toEqual([1, 12, 4]);
  expect(["", "0", "-1", "two", "1.5", "4x"].map(read)).toEqual(Array(6).fill(undefined));
  expect(threadsOf({})).toBeUndefined();
});

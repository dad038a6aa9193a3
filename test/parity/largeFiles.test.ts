import { execFileSync } from "node:child_process";
import {
  cpSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  closeSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readSafetensors } from "../../kernel/src/models/checkpoint/safetensors.js";
import { readTensor } from "../../kernel/src/models/checkpoint/read.js";
import { readPytorch } from "../../kernel/src/models/checkpoint/pytorch/read.js";
import { expectParity } from "./expectation.js";
import { readGolden } from "./goldens.js";
import { forwardWithAll, observed, withSession } from "./sessions.js";

// Checkpoints of several billion parameters lie beyond what 32 bits count; the files here are as long, and nearly all hole.
const golden = readGolden("opt-bin");
const folder = mkdtempSync(join(tmpdir(), "vitrail-large-"));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(() => {
  cpSync(golden.folder, folder, { recursive: true });
  const name = "pytorch_model.bin";
  const program = fileURLToPath(new URL("moved.py", import.meta.url));
  execFileSync("python3", [program, join(golden.folder, name), join(folder, name)]);
});

it("every tensor of the long zip file lies beyond 4 GiB", async () => {
  const path = join(folder, "pytorch_model.bin");
  expect(statSync(path).size).toBeGreaterThan(4.5 * 2 ** 30);
  const tensors = await readPytorch(path);
  const near = await readPytorch(join(golden.folder, "pytorch_model.bin"));
  expect(tensors.map(({ name }) => name)).toEqual(near.map(({ name }) => name));
  expect(Math.min(...tensors.map(({ offset }) => offset))).toBeGreaterThan(2 ** 32);
});

it.each(["pack", "map"] as const)(
  "a session of it gives transformers' numbers (weights: %s)",
  async (weights) => {
    await withSession(folder, { weights }, async (session) => {
      const run = await forwardWithAll(
        session,
        golden.rows.map(({ ids }) => ids),
      );
      expectParity(golden, observed(run));
    });
  },
);

it("a tensor of safetensors beyond 4 GiB is read where it lies", async () => {
  const path = join(folder, "long.safetensors");
  const hole = 9 * 2 ** 29;
  const header = JSON.stringify({
    hole: { dtype: "F32", shape: [hole / 4], data_offsets: [0, hole] },
    after: { dtype: "F32", shape: [2], data_offsets: [hole, hole + 8] },
  });
  const file = openSync(path, "w");
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(header.length));
  writeSync(file, Buffer.concat([head, Buffer.from(header)]), 0, 8 + header.length, 0);
  ftruncateSync(file, 8 + header.length + hole + 8);
  writeSync(file, new Uint8Array(Float32Array.of(3, -4).buffer), 0, 8, 8 + header.length + hole);
  closeSync(file);
  const after = (await readSafetensors(path)).find(({ name }) => name === "after")!;
  expect([...(await readTensor(after))]).toEqual([3, -4]);
});

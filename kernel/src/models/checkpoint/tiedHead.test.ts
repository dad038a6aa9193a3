import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openModel } from "../model.js";
import type { StoredTensor } from "./checkpoint.js";
import { goldens } from "./goldens.fixture.js";
import { openCheckpoint } from "./open.js";
import { readTensor } from "./read.js";
import { refuseOtherHead } from "./tiedHead.js";
import { writeSafetensors } from "./writeSafetensors.js";

const at = mkdtempSync(join(tmpdir(), "tied-"));
afterAll(() => rmSync(at, { recursive: true }));

/** A golden checkpoint whose config ties the head, with a head stored beside the embedding. */
async function withHead(name: string, table: string, head: string, change: (data: Float32Array) => void) {
  const folder = mkdtempSync(join(at, "model-"));
  cpSync(join(goldens, "checkpoints", name), folder, { recursive: true });
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as object;
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, tie_word_embeddings: true }));
  const { tensors } = await openCheckpoint(folder);
  const stored = await Promise.all(
    [...tensors.values()]
      .filter((tensor) => tensor.name !== head && tensor.dtype !== "bool")
      .map(async (tensor) => ({ name: tensor.name, shape: tensor.shape, data: await readTensor(tensor) })),
  );
  const { shape, data } = stored.find((tensor) => tensor.name === table)!;
  const own = data.slice();
  change(own);
  writeSafetensors(join(folder, "model.safetensors"), [...stored, { name: head, shape, data: own }]);
  return folder;
}

test.each([
  ["opt", "model.decoder.embed_tokens.weight", "lm_head.weight"],
  ["gpt2", "wte.weight", "lm_head.weight"],
  ["llama", "model.embed_tokens.weight", "lm_head.weight"],
  ["gpt-neox", "gpt_neox.embed_in.weight", "embed_out.weight"],
])("a tied head of %s that is stored as well must be the embedding", async (name, table, head) => {
  const same = await withHead(name, table, head, () => {});
  const model = await openModel(same);
  expect(model.parameters.has("lm_head.weight")).toBe(false);
  const check = async (folder: string) => {
    const [[stored, embedding]] = (await openModel(folder)).tiedHeads as [[StoredTensor, StoredTensor]];
    await refuseOtherHead(stored, embedding);
  };
  await check(same);
  const other = await withHead(name, table, head, (data) => (data[data.length - 1]! += 1));
  await expect(check(other)).rejects.toThrow(
    new RegExp(
      `^"${head}" \\[\\d+, \\d+\\] f32 is not "${table}" .*: set it to false to read the stored one$`,
    ),
  );
});

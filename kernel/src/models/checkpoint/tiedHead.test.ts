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

/** A golden checkpoint whose config ties the head, with a head stored beside the embedding, or in its place. */
async function withHead(
  name: string,
  table: string,
  head: string,
  change: (data: Float32Array) => void,
  isAlone = false,
) {
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
  writeSafetensors(join(folder, "model.safetensors"), [
    ...stored.filter((tensor) => !isAlone || tensor.name !== table),
    { name: head, shape, data: own },
  ]);
  return folder;
}

const heads = [
  ["opt", "model.decoder.embed_tokens.weight", "lm_head.weight"],
  ["gpt2", "wte.weight", "lm_head.weight"],
  ["llama", "model.embed_tokens.weight", "lm_head.weight"],
  ["gpt-neox", "gpt_neox.embed_in.weight", "embed_out.weight"],
] as const;

test.each(heads)(
  "a tied head of %s that is stored as well must be the embedding",
  async (name, table, head) => {
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
  },
);

test.each(heads)("a tied head of %s that is stored alone is the embedding", async (name, table, head) => {
  const both = await openModel(await withHead(name, table, head, (data) => (data[0] = 7)));
  const alone = await openModel(await withHead(name, table, head, (data) => (data[0] = 7), true));
  expect([...alone.parameters.keys()]).toEqual([...both.parameters.keys()]);
  expect(alone.tiedHeads).toEqual([]);
  const full = [...alone.parameters].find(([, stored]) => stored.name === head)!;
  expect(full[0].endsWith(table)).toBe(true);
  const values = await readTensor(full[1]);
  expect(values[0]).toBe(7);
  expect(values.subarray(1)).toEqual((await readTensor(both.parameters.get(full[0])!)).subarray(1));
});

test("a head that the config does not tie stands for nothing", async () => {
  const folder = await withHead("gpt2", "wte.weight", "lm_head.weight", () => {}, true);
  const config = JSON.parse(readFileSync(join(folder, "config.json"), "utf8")) as object;
  writeFileSync(join(folder, "config.json"), JSON.stringify({ ...config, tie_word_embeddings: false }));
  await expect(openModel(folder)).rejects.toThrow('missing: "transformer.wte.weight"');
});

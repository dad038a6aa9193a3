import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeStored, goldens, pytorchGolden } from "./goldens.fixture.js";
import { openCheckpoint } from "./open.js";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "vitrail-open-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const original = (name: string): string => join(goldens, "checkpoints", name);

/** A copy of a golden checkpoint that a test may spoil. */
function copy(name: string): string {
  const path = join(folder, name);
  cpSync(original(name), path, { recursive: true });
  return path;
}

function edit(path: string, change: (value: Record<string, unknown>) => void): void {
  const value = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  change(value);
  writeFileSync(path, JSON.stringify(value));
}

describe("every published layout opens", () => {
  test.each([
    ["opt", "safetensors", 52],
    ["llama", "safetensors", 33],
    ["opt-bin", "pytorch", 36],
    ["opt-bin-sharded", "pytorch", 36],
    ["opt-350m-bin", "pytorch", 37],
  ])("%s", async (name, format, count) => {
    const { config, ...opened } = await openCheckpoint(original(name));
    expect({ ...opened, tensors: opened.tensors.size }).toMatchObject({
      format,
      tensors: count,
      folder: original(name),
    });
    expect(config).toEqual(JSON.parse(readFileSync(join(original(name), "config.json"), "utf8")));
    expect(opened.generationConfig).toHaveProperty("eos_token_id");
  });

  test("several files of PyTorch, as PyTorch reads them", async () => {
    const { tensors } = await openCheckpoint(join(goldens, "pytorch", "opt-sharded"));
    const files = Object.entries(pytorchGolden.files).filter(([path]) => path.startsWith("opt-sharded/"));
    const expected = Object.assign({}, ...files.map(([, of]) => of)) as (typeof files)[0][1];
    expect([...tensors.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { dtype, shape, sha256 }] of Object.entries(expected)) {
      expect(describeStored(tensors.get(name)!)).toEqual({ dtype, shape, sha256 });
    }
  });

  test("tied weights of a .bin file are one range under two names", async () => {
    const { tensors } = await openCheckpoint(original("opt-350m-bin"));
    const head = tensors.get("lm_head.weight")!;
    expect(tensors.get("model.decoder.embed_tokens.weight")).toEqual({
      ...head,
      name: "model.decoder.embed_tokens.weight",
    });
  });

  test("safetensors come before .bin, one file before several", async () => {
    const path = copy("opt-bin");
    cpSync(join(original("opt"), "model.safetensors"), join(path, "model.safetensors"));
    writeFileSync(join(path, "model.safetensors.index.json"), "not read");
    expect(await openCheckpoint(path)).toMatchObject({ format: "safetensors" });
  });
});

describe("a cache of symbolic links", () => {
  test("opens; the files are those that the links lead to", async () => {
    const cache = join(folder, "models--org--tiny");
    const snapshot = join(cache, "snapshots", "abc");
    mkdirSync(join(cache, "blobs"), { recursive: true });
    mkdirSync(snapshot, { recursive: true });
    readdirSync(original("llama")).forEach((name, i) => {
      cpSync(join(original("llama"), name), join(cache, "blobs", `${i}`));
      symlinkSync(`../../blobs/${i}`, join(snapshot, name));
    });
    const linked = await openCheckpoint(snapshot);
    for (const { file } of linked.tensors.values()) expect(file).toMatch(/\/blobs\/\d+$/);
    expect(linked.fingerprint).toBe((await openCheckpoint(original("llama"))).fingerprint);
  });
});

describe("the fingerprint", () => {
  test("is that of every equal folder", async () => {
    expect((await openCheckpoint(copy("opt"))).fingerprint).toBe(
      (await openCheckpoint(original("opt"))).fingerprint,
    );
  });
  test("differs between the golden checkpoints", async () => {
    const names = readdirSync(join(goldens, "checkpoints")).filter((name) => !name.endsWith(".json"));
    const prints = await Promise.all(
      names.map(async (name) => (await openCheckpoint(original(name))).fingerprint),
    );
    expect(new Set(prints).size).toBe(names.length);
    for (const print of prints) expect(print).toMatch(/^[0-9a-f]{64}$/);
  });
  test("changes with one byte of a small tensor, the end of a large one, and the config", async () => {
    const path = copy("opt");
    const { fingerprint, tensors } = await openCheckpoint(path);
    const prints = [fingerprint];
    const weights = join(path, "model.safetensors");
    const content = readFileSync(weights);
    const large = [...tensors.values()].find(({ bytes }) => bytes > 8192)!;
    const small = [...tensors.values()].find(({ bytes }) => bytes < 1024)!;
    for (const at of [
      large.offset + large.bytes - 1,
      large.offset,
      large.offset + large.bytes / 2,
      small.offset + 7,
    ]) {
      const changed = Buffer.from(content);
      changed[at]! ^= 1;
      writeFileSync(weights, changed);
      prints.push((await openCheckpoint(path)).fingerprint);
    }
    writeFileSync(weights, content);
    expect((await openCheckpoint(path)).fingerprint).toBe(fingerprint);
    writeFileSync(join(path, "config.json"), `${readFileSync(join(path, "config.json"), "utf8")} `);
    prints.push((await openCheckpoint(path)).fingerprint);
    expect(new Set(prints).size).toBe(6);
  });
});

describe("a folder that contradicts itself is refused in one line", () => {
  const index = "pytorch_model.bin.index.json";
  type Map = { weight_map: Record<string, string> };
  const editMap = (path: string, change: (map: Record<string, string>) => void) =>
    edit(join(path, index), (value) => change((value as Map).weight_map));
  const shard = (n: number) => `pytorch_model-0000${n}-of-00003.bin`;
  const first = "decoder.embed_tokens.weight";

  const cases: Record<string, [spoil: (path: string) => void, message: string | RegExp]> = {
    "no config": [(path) => unlinkSync(join(path, "config.json")), /^no config\.json in /],
    "NaN in the config": [
      (path) => writeFileSync(join(path, "config.json"), '{"dropout": NaN}'),
      /config\.json holds NaN, not a number$/,
    ],
    "NaN in the generation config": [
      (path) => writeFileSync(join(path, "generation_config.json"), '{"temperature": Infinity}'),
      /generation_config\.json holds Infinity, not a number$/,
    ],
    "a shard is not there": [
      (path) => unlinkSync(join(path, shard(2))),
      /index\.json names "pytorch_model-00002-of-00003\.bin", which is not in the folder$/,
    ],
    "the index names what no shard holds": [
      (path) => editMap(path, (map) => (map["decoder.embed_token.weight"] = shard(1))),
      /puts tensor "decoder\.embed_token\.weight" into .*00001-of-00003\.bin, which does not hold it: nearest there is "decoder\.embed_tokens\.weight"$/,
    ],
    "a shard holds what the index does not name": [
      (path) => editMap(path, (map) => delete map[first]),
      /00001-of-00003\.bin holds tensor "decoder\.embed_tokens\.weight", which pytorch_model\.bin\.index\.json does not name$/,
    ],
    "a tensor is in another shard": [
      (path) => editMap(path, (map) => (map[first] = shard(3))),
      /holds tensor "decoder\.embed_tokens\.weight", which .* puts into "pytorch_model-00003-of-00003\.bin"$/,
    ],
    "two shards hold one tensor": [
      (path) => cpSync(join(path, shard(1)), join(path, shard(2))),
      /00002-of-00003\.bin holds tensor ".*", which .* puts into "pytorch_model-00001-of-00003\.bin"$/,
    ],
    "a shard lies elsewhere": [
      (path) => editMap(path, (map) => (map[first] = "../elsewhere.bin")),
      /puts tensor ".*" into "\.\.\/elsewhere\.bin", which is no name of a file beside it$/,
    ],
    "the index has no map": [(path) => writeFileSync(join(path, index), "{}"), /index\.json at weight_map: /],
    "the index names a tensor twice": [
      (path) => {
        const text = readFileSync(join(path, index), "utf8");
        writeFileSync(join(path, index), text.replace('"weight_map": {', `$& "${first}": "${shard(1)}",`));
      },
      /index\.json names "decoder\.embed_tokens\.weight" twice in one object$/,
    ],
    "weights of another library": [
      (path) => renameSync(join(path, index), join(path, "flax_model.msgpack")),
      /^no weights in .*: it needs one of model\.safetensors, .*, and holds flax_model\.msgpack, pytorch_model-00001/,
    ],
  };
  test.each(Object.entries(cases))("%s", async (_, [spoil, message]) => {
    const path = copy("opt-bin-sharded");
    await openCheckpoint(path);
    spoil(path);
    await expect(openCheckpoint(path)).rejects.toThrow(message);
    await expect(openCheckpoint(path)).rejects.toThrow(/^[^\n]+$/);
  });
  test("no folder", () =>
    expect(openCheckpoint(join(folder, "none"))).rejects.toThrow(/^no checkpoint folder .*none: ENOENT/));
});

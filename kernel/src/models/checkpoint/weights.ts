import { access } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { nearest } from "../../graph/nearest.js";
import type { StoredTensor } from "./checkpoint.js";
import { readJsonObject } from "./json.js";
import { oneLine, quoted } from "./oneLine.js";
import { readPytorch } from "./pytorch/read.js";
import { readSafetensors } from "./safetensors.js";

/** Files that weights are read from, the first that a folder holds: a single file, or an index of several. */
export const weightFiles = [
  { name: "model.safetensors", format: "safetensors", index: false },
  { name: "model.safetensors.index.json", format: "safetensors", index: true },
  { name: "pytorch_model.bin", format: "pytorch", index: false },
  { name: "pytorch_model.bin.index.json", format: "pytorch", index: true },
] as const;

export type WeightsKind = (typeof weightFiles)[number];

/** Which of `names` holds the weights; undefined if none does. */
export function weightsAmong(names: Iterable<string>): WeightsKind | undefined {
  const present = new Set(names);
  return weightFiles.find(({ name }) => present.has(name));
}

/** Tensor names and the file of each, from an index of several. Throws one line when it is malformed. */
export async function readIndex(where: string): Promise<Map<string, string>> {
  const index = await readJsonObject(where);
  if (index === undefined) throw new Error(`${where} is not there`);
  const parsed = z.looseObject({ weight_map: z.record(z.string(), z.string()) }).safeParse(index.object);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    throw new Error(`${where} at ${issue.path.join(".")}: ${oneLine(issue.message).toLowerCase()}`);
  }
  const map = new Map(Object.entries(parsed.data.weight_map));
  for (const [tensor, file] of map) {
    // An index comes from strangers: it may only name files beside itself.
    if (file === "" || file.startsWith(".") || /[/\\\0]/.test(file)) {
      throw new Error(
        `${where} puts tensor ${quoted(tensor)} into ${quoted(file)}, which is no name of a file beside it`,
      );
    }
  }
  return map;
}

/** Where the tensors of a folder lie. Throws one line when a file is malformed, or the index and its files disagree. */
export async function readWeights(folder: string, kind: WeightsKind): Promise<Map<string, StoredTensor>> {
  const read = kind.format === "safetensors" ? readSafetensors : readPytorch;
  const path = join(folder, kind.name);
  if (!kind.index) return new Map((await read(path)).map((tensor) => [tensor.name, tensor]));

  const map = await readIndex(path);
  const tensors = new Map<string, StoredTensor>();
  for (const shard of [...new Set(map.values())].sort()) {
    const inShard = join(folder, shard);
    if (!(await exists(inShard)))
      throw new Error(`${path} names ${quoted(shard)}, which is not in the folder`);
    for (const tensor of await read(inShard)) {
      const said = map.get(tensor.name);
      if (said !== shard) {
        throw new Error(
          `${inShard} holds tensor ${quoted(tensor.name)}, which ${kind.name} ` +
            (said === undefined ? "does not name" : `puts into ${quoted(said)}`),
        );
      }
      tensors.set(tensor.name, tensor);
    }
  }
  for (const [name, shard] of map) {
    if (tensors.has(name)) continue;
    const held = [...tensors.keys()].filter((other) => map.get(other) === shard);
    const [close] = nearest(name, held);
    const hint = close === undefined ? "" : `: nearest there is ${quoted(close)}`;
    throw new Error(
      `${kind.name} puts tensor ${quoted(name)} into ${join(folder, shard)}, which does not hold it${hint}`,
    );
  }
  return tensors;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

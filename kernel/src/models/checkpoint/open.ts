import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Checkpoint } from "./checkpoint.js";
import { fileStamp, fingerprint } from "./fingerprint.js";
import { readJsonObject } from "./json.js";
import { oneLine } from "./oneLine.js";
import { readWeights, weightFiles, weightsAmong } from "./weights.js";

/**
 * Read a Hugging Face model folder: `config.json`, `generation_config.json` where there is one, and where each tensor
 * lies. Safetensors are preferred to `pytorch_model.bin`, one file to several with an index. No weight is loaded.
 *
 * Throws one line when the folder or a file in it is missing, malformed or contradicts another.
 */
export async function openCheckpoint(folder: string): Promise<Checkpoint> {
  const at = resolve(folder);
  let names: string[];
  try {
    names = await readdir(at);
  } catch (error) {
    throw new Error(`no checkpoint folder ${at}: ${oneLine(error)}`);
  }
  const config = await readJsonObject(join(at, "config.json"));
  if (config === undefined) throw new Error(`no config.json in ${at}`);
  const generationConfig = await readJsonObject(join(at, "generation_config.json"));
  const kind = weightsAmong(names);
  if (kind === undefined) throw new Error(noWeights(at, names));
  const tensors = await readWeights(at, kind);
  return {
    folder: at,
    config: config.object,
    generationConfig: generationConfig?.object,
    tensors,
    format: kind.format,
    fingerprint: await fingerprint(config.bytes, tensors.values()),
    stamp: await fileStamp(tensors.values()),
  };
}

function noWeights(folder: string, names: readonly string[]): string {
  const other = names
    .filter((name) => /\.(h5|msgpack|gguf|ggml|ot|pth?|bin|safetensors|onnx|npz)$/.test(name))
    .sort();
  const wanted = weightFiles.map(({ name }) => name).join(", ");
  return (
    `no weights in ${folder}: it needs one of ${wanted}` +
    (other.length === 0 ? "" : `, and holds ${other.join(", ")}`)
  );
}

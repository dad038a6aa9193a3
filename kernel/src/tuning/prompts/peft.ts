import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject, StoredTensor } from "../../models/checkpoint/checkpoint.js";
import { readTensor } from "../../models/checkpoint/read.js";
import { readJsonObject } from "../../models/checkpoint/json.js";
import { readSafetensors } from "../../models/checkpoint/safetensors.js";
import { writeSafetensors } from "../../models/checkpoint/writeSafetensors.js";
import type { InitialOptions } from "./initial.js";
import { readNote, writeNote, type KeptPrompt } from "./saved.js";
import type { SoftPrompt } from "./softPrompt.js";

const files = {
  config: "adapter_config.json",
  tensors: "adapter_model.safetensors",
  /** What peft has no keys for; it leaves the file alone. */
  note: "vitrail_prompt.json",
} as const;
const tensorName = "prompt_embeddings";
/** Of a deep prompt, which peft has no format for. */
const deepName = "deep_prompt_embeddings";
const kinds = { shallow: "PROMPT_TUNING", deep: "VITRAIL_DEEP_PROMPT" } as const;

/** What a saved prompt says of the model that it is for. */
export interface PromptOrigin {
  /** Folder or hub id of the model. */
  readonly model: string;
  readonly layers?: number;
  readonly heads?: number;
}

/** peft's names of how a prompt began; where it is not known the key is left out. */
const inits = { vocab: "SAMPLE_VOCAB", random: "RANDOM", text: "TEXT" } as const;

/**
 * Writes a prompt as peft's prompt tuning does: a folder that `PeftModel.from_pretrained` loads. A deep prompt, which peft
 * does not know, is written beside it in the same manner and refused there. Of a tuning, label words, template, first prompt,
 * seed, model, versions and hashes of its rows are written beside it, too. Equal ones give equal bytes.
 *
 * @param kept a tuning, what `loadPrompt` gave, or a prompt alone
 */
export function savePrompt(
  folder: string,
  kept: KeptPrompt | SoftPrompt,
  { model, layers, heads }: PromptOrigin,
): void {
  const all = "prompt" in kept ? kept : { prompt: kept };
  const { prompt, init } = all;
  mkdirSync(folder, { recursive: true });
  const config = {
    base_model_name_or_path: model,
    inference_mode: true,
    num_attention_heads: heads ?? null,
    num_layers: layers ?? null,
    num_transformer_submodules: 1,
    num_virtual_tokens: prompt.tokens,
    peft_type: prompt.deep ? kinds.deep : kinds.shallow,
    ...(init && { prompt_tuning_init: inits[init.init ?? "vocab"] }),
    ...(init?.init === "text" && { prompt_tuning_init_text: init.text }),
    task_type: "CAUSAL_LM",
    token_dim: prompt.units,
    // peft reads the tokenizer for a new prompt only: of a saved one it wants the name, and opens nothing.
    ...(init?.init === "text" && { tokenizer_name_or_path: model }),
  };
  writeFileSync(join(folder, files.config), `${JSON.stringify(config, null, 2)}\n`);
  const { tokens, units, data, deep } = prompt;
  const rows = { name: tensorName, shape: [tokens, units], data };
  const before = deep && {
    name: deepName,
    shape: [deep.data.length / (tokens * deep.units), tokens, deep.units],
    data: deep.data,
  };
  writeSafetensors(join(folder, files.tensors), before ? [before, rows] : [rows]);
  writeNote(join(folder, files.note), all);
}

/**
 * Reads a prompt that peft or `savePrompt` wrote, with what is known of it: how it is read, which is what `classifyByPrompt`
 * needs, is known of tunings that `savePrompt` wrote. Throws one line when the folder holds none, or one of another kind.
 */
export async function loadPrompt(folder: string): Promise<KeptPrompt> {
  const config = await readJsonObject(join(folder, files.config));
  if (config === undefined) throw new Error(`${folder} has no ${files.config}: it is no saved prompt`);
  const { peft_type: kind, num_transformer_submodules: parts } = config.object;
  if (kind !== kinds.shallow && kind !== kinds.deep)
    throw new Error(`${folder} is ${String(kind)}: only ${Object.values(kinds).join(" and ")} can be read`);
  if (parts !== undefined && parts !== null && parts !== 1)
    throw new Error(`${folder} has prompts for ${String(parts)} submodules: only decoders can be run`);
  if (!existsSync(join(folder, files.tensors)))
    throw new Error(`${folder} has no ${files.tensors}: save it as safetensors`);
  const tensors = await readSafetensors(join(folder, files.tensors));
  const stored = tensors.find(({ name }) => name === tensorName);
  if (stored?.shape.length !== 2)
    throw new Error(`${join(folder, files.tensors)} has no "${tensorName}" [tokens, units]`);
  const [tokens, units] = stored.shape as [number, number];
  const { num_virtual_tokens: said, token_dim: width } = config.object;
  if (said !== undefined && said !== tokens)
    throw new Error(`${folder} says ${String(said)} virtual tokens and holds ${tokens}`);
  if (width !== undefined && width !== null && width !== units)
    throw new Error(`${folder} says ${String(width)} units a token and holds ${units}`);
  const rows = { tokens, units, data: await readTensor(stored) };
  const prompt = kind === kinds.shallow ? rows : { ...rows, deep: await readDeep(folder, tensors, tokens) };
  const kept = await readNote(join(folder, files.note), prompt);
  if (kept !== undefined) return kept;
  const init = initOf(config.object);
  return { prompt, ...(init && { init }) };
}

async function readDeep(
  folder: string,
  tensors: readonly StoredTensor[],
  tokens: number,
): Promise<NonNullable<SoftPrompt["deep"]>> {
  const before = tensors.find(({ name }) => name === deepName);
  if (before?.shape.length !== 3 || before.shape[1] !== tokens)
    throw new Error(`${join(folder, files.tensors)} has no "${deepName}" [layers, ${tokens}, units]`);
  return { units: before.shape[2]!, data: await readTensor(before) };
}

/** How peft began a prompt, as far as its config says. */
function initOf(config: JsonObject): InitialOptions | undefined {
  const { prompt_tuning_init: said, prompt_tuning_init_text: text } = config;
  const init = (["vocab", "random", "text"] as const).find((each) => inits[each] === said);
  if (init === undefined) return undefined;
  return { init, ...(init === "text" && typeof text === "string" && { text }) };
}

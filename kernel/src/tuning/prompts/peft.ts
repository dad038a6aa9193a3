import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { readTensor } from "../../models/checkpoint/read.js";
import { readJsonObject } from "../../models/checkpoint/json.js";
import { readSafetensors } from "../../models/checkpoint/safetensors.js";
import { writeSafetensors } from "../../models/checkpoint/writeSafetensors.js";
import type { SoftPrompt } from "./softPrompt.js";

const files = { config: "adapter_config.json", tensors: "adapter_model.safetensors" } as const;
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

/**
 * Writes a prompt as peft's prompt tuning does: a folder that `PeftModel.from_pretrained` loads. A deep prompt, which peft
 * does not know, is written beside it in the same manner and refused there. Equal prompts give equal bytes.
 */
export function savePrompt(folder: string, prompt: SoftPrompt, { model, layers, heads }: PromptOrigin): void {
  mkdirSync(folder, { recursive: true });
  const config = {
    base_model_name_or_path: model,
    inference_mode: true,
    num_attention_heads: heads ?? null,
    num_layers: layers ?? null,
    num_transformer_submodules: 1,
    num_virtual_tokens: prompt.tokens,
    peft_type: prompt.deep ? kinds.deep : kinds.shallow,
    prompt_tuning_init: "RANDOM",
    task_type: "CAUSAL_LM",
    token_dim: prompt.units,
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
}

/** Reads a prompt that peft or `savePrompt` wrote. Throws one line when the folder holds none, or one of another kind. */
export async function loadPrompt(folder: string): Promise<SoftPrompt> {
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
  const prompt = { tokens, units, data: await readTensor(stored) };
  if (kind === kinds.shallow) return prompt;
  const before = tensors.find(({ name }) => name === deepName);
  if (before?.shape.length !== 3 || before.shape[1] !== tokens)
    throw new Error(`${join(folder, files.tensors)} has no "${deepName}" [layers, ${tokens}, units]`);
  return { ...prompt, deep: { units: before.shape[2]!, data: await readTensor(before) } };
}

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JsonObject } from "../../models/checkpoint/checkpoint.js";
import { writeSafetensors } from "../../models/checkpoint/writeSafetensors.js";
import type { NamedTensor } from "../../models/checkpoint/writeSafetensors.js";
import { tokensOf, wordTokenizer, wordTokenizerConfig } from "./wordTokenizer.js";

/** What a new model is written with. */
export interface NewCheckpoint {
  readonly config: JsonObject;
  readonly parameters: readonly NamedTensor[];
  /** Words after the four special tokens, in the order of their ids. */
  readonly words: readonly string[];
}

/**
 * Write a trained model as a folder that transformers and sessions read: config, weights, and a tokenizer that makes
 * each word one token. Equal models give equal bytes. Throws one line when words and vocabulary differ in number.
 */
export function writeCheckpoint(folder: string, { config, parameters, words }: NewCheckpoint): void {
  const tokens = tokensOf(words).length;
  if (config["vocab_size"] !== tokens)
    throw new Error(
      `config field "vocab_size" is ${String(config["vocab_size"])}: there are ${tokens} tokens`,
    );
  mkdirSync(folder, { recursive: true });
  const json = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);
  const { bos_token_id, eos_token_id, pad_token_id } = config;
  json("config.json", config);
  json("generation_config.json", { bos_token_id, eos_token_id, pad_token_id });
  json("tokenizer.json", wordTokenizer(words));
  json("tokenizer_config.json", wordTokenizerConfig());
  writeSafetensors(join(folder, "model.safetensors"), parameters);
}

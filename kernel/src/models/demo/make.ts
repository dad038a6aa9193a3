import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeSafetensors } from "../checkpoint/writeSafetensors.js";
import { makeVocabulary } from "./vocabulary.js";
import { makeWeights, shape } from "./weights.js";

/**
 * Write the demo checkpoint: a small OPT whose weights are built so that its attention maps show a previous-token
 * head, an induction head and others. Deterministic: the same bytes on every machine and run.
 */
export function makeDemo(folder: string): void {
  mkdirSync(folder, { recursive: true });
  const { ids, merges } = makeVocabulary();
  const start = ids.get("</s>")!;
  const json = (name: string, value: unknown) =>
    writeFileSync(join(folder, name), `${JSON.stringify(value, null, 2)}\n`);

  json("config.json", {
    architectures: ["OPTForCausalLM"],
    model_type: "opt",
    vocab_size: ids.size,
    hidden_size: shape.hidden,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    ffn_dim: shape.inner,
    max_position_embeddings: shape.positions,
    word_embed_proj_dim: shape.hidden,
    activation_function: "relu",
    do_layer_norm_before: true,
    dropout: 0,
    attention_dropout: 0,
    bos_token_id: start,
    eos_token_id: start,
    pad_token_id: ids.get("<pad>"),
    dtype: "float32",
  });
  json("generation_config.json", {
    bos_token_id: start,
    eos_token_id: start,
    pad_token_id: ids.get("<pad>"),
  });
  json("tokenizer_config.json", {
    tokenizer_class: "GPT2Tokenizer",
    add_bos_token: true,
    add_prefix_space: false,
    bos_token: "</s>",
    eos_token: "</s>",
    pad_token: "<pad>",
    unk_token: "<unk>",
  });
  json("special_tokens_map.json", {
    bos_token: "</s>",
    eos_token: "</s>",
    pad_token: "<pad>",
    unk_token: "<unk>",
  });
  json("vocab.json", Object.fromEntries(ids));
  writeFileSync(
    join(folder, "merges.txt"),
    `#version: 0.2\n${merges.map((pair) => pair.join(" ")).join("\n")}\n`,
  );
  writeSafetensors(join(folder, "model.safetensors"), makeWeights(ids.size, start));
}

import { describe, expect, test } from "vitest";
import { readArchitecture } from "./architectures.js";

// What the hub's config.json files say, bookkeeping of old versions included, as recorded from the repositories.
const torch = { use_cache: true, torch_dtype: "float16", transformers_version: "4.21.0.dev0" };

const opt = {
  ...torch,
  model_type: "opt",
  architectures: ["OPTForCausalLM"],
  activation_dropout: 0.0,
  activation_function: "relu",
  attention_dropout: 0.0,
  bos_token_id: 2,
  do_layer_norm_before: true,
  dropout: 0.1,
  eos_token_id: 2,
  init_std: 0.02,
  layerdrop: 0.0,
  max_position_embeddings: 2048,
  pad_token_id: 1,
  prefix: "</s>",
  vocab_size: 50272,
  _remove_final_layer_norm: false,
};
const optSize = (hidden: number, layers: number, heads: number, more: object = {}) => ({
  ...opt,
  hidden_size: hidden,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  ffn_dim: 4 * hidden,
  word_embed_proj_dim: hidden,
  ...more,
});
const galactica = {
  activation_function: "gelu",
  vocab_size: 50000,
  learned_embeddings: true,
  scale_embeddings: false,
  bos_token_id: 0,
};
const biased = { enable_bias: true, layer_norm_elementwise_affine: true };
const unbiased = { enable_bias: false, layer_norm_elementwise_affine: false };

const gpt2 = {
  model_type: "gpt2",
  activation_function: "gelu_new",
  architectures: ["GPT2LMHeadModel"],
  attn_pdrop: 0.1,
  bos_token_id: 50256,
  embd_pdrop: 0.1,
  eos_token_id: 50256,
  initializer_range: 0.02,
  layer_norm_epsilon: 1e-5,
  n_ctx: 1024,
  n_positions: 1024,
  resid_pdrop: 0.1,
  summary_activation: null,
  summary_first_dropout: 0.1,
  summary_proj_to_labels: true,
  summary_type: "cls_index",
  summary_use_proj: true,
  task_specific_params: { "text-generation": { do_sample: true, max_length: 50 } },
  vocab_size: 50257,
};
const gpt2Size = (n_embd: number, n_layer: number, n_head: number, more: object = {}) => ({
  ...gpt2,
  n_embd,
  n_layer,
  n_head,
  ...more,
});
const special = { n_special: 0, predict_special_tokens: true };

const neox = {
  ...torch,
  model_type: "gpt_neox",
  architectures: ["GPTNeoXForCausalLM"],
  bos_token_id: 0,
  eos_token_id: 0,
  hidden_act: "gelu",
  initializer_range: 0.02,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 2048,
  rotary_emb_base: 10000,
  rotary_pct: 0.25,
  tie_word_embeddings: false,
  use_parallel_residual: true,
  vocab_size: 50304,
};
const neoxSize = (hidden: number, layers: number, heads: number, more: object = {}) => ({
  ...neox,
  hidden_size: hidden,
  num_hidden_layers: layers,
  num_attention_heads: heads,
  intermediate_size: 4 * hidden,
  ...more,
});

const llama = {
  ...torch,
  model_type: "llama",
  architectures: ["LlamaForCausalLM"],
  bos_token_id: 1,
  eos_token_id: 2,
  hidden_act: "silu",
  hidden_size: 4096,
  initializer_range: 0.02,
  intermediate_size: 11008,
  max_position_embeddings: 2048,
  num_attention_heads: 32,
  num_hidden_layers: 32,
  rms_norm_eps: 1e-6,
  tie_word_embeddings: false,
  vocab_size: 32000,
};
const llama3 = {
  ...llama,
  attention_bias: false,
  attention_dropout: 0.0,
  pretraining_tp: 1,
  mlp_bias: false,
  intermediate_size: 14336,
  max_position_embeddings: 131072,
  num_key_value_heads: 8,
  rms_norm_eps: 1e-5,
  rope_theta: 500000.0,
  vocab_size: 128256,
  eos_token_id: [128001, 128008, 128009],
};
const scaling = {
  factor: 8.0,
  low_freq_factor: 1.0,
  high_freq_factor: 4.0,
  original_max_position_embeddings: 8192,
  rope_type: "llama3",
};

const published: Record<string, Record<string, unknown>> = {
  "facebook/opt-125m": optSize(768, 12, 12, { _name_or_path: "opt-125m" }),
  "facebook/opt-350m": optSize(1024, 24, 16, { word_embed_proj_dim: 512, do_layer_norm_before: false }),
  "facebook/opt-1.3b": optSize(2048, 24, 32),
  "facebook/opt-2.7b": optSize(2560, 32, 32),
  "facebook/opt-6.7b": optSize(4096, 32, 32),
  "facebook/opt-13b": optSize(5120, 40, 40, { output_projection: true }),
  "facebook/opt-30b": optSize(7168, 48, 56),
  "facebook/opt-66b": optSize(9216, 64, 72),
  "facebook/galactica-125m": optSize(768, 12, 12, { ...galactica, ...biased }),
  "facebook/galactica-6.7b": optSize(4096, 32, 32, { ...galactica, ...unbiased }),
  gpt2: gpt2Size(768, 12, 12),
  "gpt2-medium": gpt2Size(1024, 24, 16, special),
  "gpt2-large": gpt2Size(1280, 36, 20, special),
  "gpt2-xl": gpt2Size(1600, 48, 25, { output_past: true }),
  distilgpt2: gpt2Size(768, 6, 12, {
    _num_labels: 1,
    id2label: { "0": "LABEL_0" },
    label2id: { LABEL_0: 0 },
  }),
  "EleutherAI/pythia-70m": neoxSize(512, 6, 8),
  "EleutherAI/pythia-160m": neoxSize(768, 12, 12),
  "EleutherAI/pythia-410m": neoxSize(1024, 24, 16),
  "EleutherAI/pythia-1b": neoxSize(2048, 16, 8),
  "EleutherAI/pythia-2.8b": neoxSize(2560, 32, 32),
  "EleutherAI/pythia-12b": neoxSize(5120, 36, 40, { vocab_size: 50688 }),
  "EleutherAI/gpt-neox-20b": neoxSize(6144, 44, 64, {
    hidden_act: "gelu_fast",
    vocab_size: 50432,
    attention_probs_dropout_prob: 0,
    hidden_dropout_prob: 0,
  }),
  "huggyllama/llama-7b": { ...llama, max_sequence_length: 2048, pad_token_id: 0 },
  "meta-llama/Llama-2-7b-hf": { ...llama, num_key_value_heads: 32, pretraining_tp: 1, rope_scaling: null },
  "meta-llama/Llama-3.1-8B": { ...llama3, rope_scaling: scaling },
  "meta-llama/Llama-3.2-1B": {
    ...llama3,
    head_dim: 64,
    hidden_size: 2048,
    intermediate_size: 8192,
    num_hidden_layers: 16,
    tie_word_embeddings: true,
    rope_scaling: { ...scaling, factor: 32.0 },
  },
};

// Sizes of Taylor et al. 2022; what their files say of biases is not recorded, so either is read.
const galacticas = Object.fromEntries(
  [biased, unbiased].flatMap((bias) => [
    [`galactica-1.3b, enable_bias ${bias.enable_bias}`, optSize(2048, 24, 32, { ...galactica, ...bias })],
    [`galactica-30b, enable_bias ${bias.enable_bias}`, optSize(7168, 48, 56, { ...galactica, ...bias })],
    [`galactica-120b, enable_bias ${bias.enable_bias}`, optSize(10240, 96, 80, { ...galactica, ...bias })],
  ]),
);

// Published as differences from LLaMA's weights: Alpaca with a row for its [PAD], Koala with LLaMA's own vocabulary.
const early = { ...llama, max_position_embeddings: undefined };
const merged = {
  "Alpaca 7B": { ...early, max_sequence_length: 2048, pad_token_id: -1, vocab_size: 32001 },
  "Koala 7B": llama,
  "Koala 13B": {
    ...llama,
    hidden_size: 5120,
    intermediate_size: 13824,
    num_attention_heads: 40,
    num_hidden_layers: 40,
  },
};

// Fields that published models hold beside those above; all but YaRN's change nothing.
const further = {
  "a LLaMA with YaRN's fields": {
    ...llama,
    max_position_embeddings: 131072,
    rope_scaling: { factor: 32.0, original_max_position_embeddings: 4096, type: "yarn", finetuned: true },
  },
  "a LLaMA with SmolLM2's fields": {
    ...llama,
    "transformers.js_config": { kv_cache_dtype: { q4f16: "float16", fp16: "float16" } },
    is_llama_config: true,
    rope_interleaved: false,
    rope_scaling: null,
  },
  "a LLaMA with Unsloth's fields": { ...llama3, unsloth_fixed: true, unsloth_version: "2025.3.19" },
  "a LLaMA with other programs' fields": {
    ...llama,
    attn_implementation: "sdpa",
    _attn_implementation: "eager",
    _flash_attn_2_enabled: true,
    max_seq_len: 2048,
    model_max_length: 2048,
    use_sliding_window: false,
    layer_types: Array.from({ length: 32 }, () => "full_attention"),
  },
  "a GPT-NeoX with Dolly's fields": neoxSize(2560, 32, 32, {
    custom_pipelines: { "text-generation": { impl: "instruct_pipeline.InstructionTextGenerationPipeline" } },
  }),
  "a GPT-NeoX as transformers 4.46 saves it": neoxSize(512, 6, 8, {
    attention_bias: true,
    classifier_dropout: 0.1,
    partial_rotary_factor: 0.25,
    rope_scaling: null,
    rope_theta: 10000,
    transformers_version: "4.46.3",
  }),
};

describe("the published config is read of", () => {
  test.each<[string, Record<string, unknown>]>([
    ...Object.entries(published),
    ...Object.entries(galacticas),
    ...Object.entries(merged),
    ...Object.entries(further),
  ])("%s", (_, config) => {
    const { blueprint } = readArchitecture(config);
    const layers = config["num_hidden_layers"] ?? config["n_layer"];
    const heads = config["num_attention_heads"] ?? config["n_head"];
    expect(blueprint.dimensions).toMatchObject({ layers, heads, vocabulary: config["vocab_size"] });
    const positions = config["max_position_embeddings"] ?? config["n_positions"] ?? 2048;
    expect(blueprint.dimensions.maxPositions).toBe(positions);
  });
});

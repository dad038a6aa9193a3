import type { JsonObject } from "../../models/checkpoint/checkpoint.js";
import { specialIds } from "./wordTokenizer.js";

/** Sizes of a small model. */
export interface SmallModel {
  readonly family: "opt" | "llama";
  readonly vocabulary: number;
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly inner: number;
  readonly positions: number;
  /** Deviation of new weights; 1/√hidden keeps what a matrix gives as long as what it takes. */
  readonly deviation: number;
  /** Base of the rotary wavelengths of a LLaMA; 10,000 unless given. */
  readonly ropeTheta?: number;
}

/** The Hugging Face `config.json` of a small model. */
export function smallConfig(sizes: SmallModel): JsonObject {
  const { family, hidden, layers, heads, positions, inner, vocabulary, deviation, ropeTheta } = sizes;
  const common = {
    model_type: family,
    vocab_size: vocabulary,
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    max_position_embeddings: positions,
    bos_token_id: specialIds.start,
    eos_token_id: specialIds.start,
    pad_token_id: specialIds.padding,
    attention_dropout: 0,
    dtype: "float32",
  };
  if (family === "opt")
    return {
      architectures: ["OPTForCausalLM"],
      ...common,
      ffn_dim: inner,
      word_embed_proj_dim: hidden,
      activation_function: "relu",
      do_layer_norm_before: true,
      dropout: 0,
      init_std: deviation,
    };
  return {
    architectures: ["LlamaForCausalLM"],
    ...common,
    intermediate_size: inner,
    num_key_value_heads: heads,
    hidden_act: "silu",
    rms_norm_eps: 1e-6,
    rope_theta: ropeTheta ?? 10_000,
    tie_word_embeddings: false,
    initializer_range: deviation,
  };
}

import { describe, expect, test } from "vitest";
import { readArchitecture } from "./architectures.js";
import { ropeFrequencies } from "./rope.js";

const opt = {
  model_type: "opt",
  vocab_size: 50272,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  ffn_dim: 3072,
  max_position_embeddings: 2048,
  word_embed_proj_dim: 768,
  activation_function: "relu",
  torch_dtype: "float16",
  attention_dropout: 0.1,
};

test("a published config is read", () => {
  const { family, blueprint } = readArchitecture(opt);
  expect(family).toBe("opt");
  expect(blueprint.dimensions).toMatchObject({ layers: 12, headSize: 64, maxPositions: 2048 });
});

describe("what would change the numbers is refused, and named", () => {
  const llama = {
    model_type: "llama",
    vocab_size: 32000,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 4,
    max_position_embeddings: 128,
  };
  test.each([
    [
      { model_type: "mamba" },
      'config field "model_type" is "mamba": supported are opt, llama, gpt2, gpt_neox',
    ],
    [{}, 'config field "model_type" is undefined'],
    [{ ...opt, sliding_window: 4096 }, 'config field "sliding_window" (4096) is not supported by opt'],
    [
      { ...opt, activation_function: "quick_gelu" },
      'config field "activation_function" is "quick_gelu": supported are relu, gelu',
    ],
    [{ ...opt, num_attention_heads: 7 }, "hidden_size 768 is not divisible by num_attention_heads 7"],
    [{ ...opt, hidden_size: -1 }, 'config field "hidden_size" (-1) of opt'],
    [{ ...opt, ffn_dim: null }, 'config field "ffn_dim" (null) of opt'],
    [{ ...llama, num_key_value_heads: 3 }, "num_attention_heads 4 is not divisible by num_key_value_heads 3"],
    [
      { ...llama, rope_scaling: { rope_type: "yarn", factor: 4 } },
      'rotary scaling "yarn" is not supported by llama',
    ],
    [
      { ...llama, rope_parameters: { rope_type: "default", beta_fast: 32 } },
      'rotary setting "beta_fast" (32) is not supported',
    ],
    [
      { ...llama, rope_parameters: { rope_type: "default", partial_rotary_factor: 0.5 } },
      'rotary setting "partial_rotary_factor" (0.5) is not supported by llama',
    ],
  ])("%j", (config, message) => expect(() => readArchitecture(config)).toThrow(message));
});

test("linear rotary scaling divides every frequency", () => {
  const base = ropeFrequencies("llama", { rope_theta: 10_000 }, 8);
  const scaled = ropeFrequencies("llama", { rope_scaling: { type: "linear", factor: 4 } }, 8);
  expect(base[0]).toBe(1);
  scaled.forEach((f, i) => expect(f).toBeCloseTo(base[i]! / 4, 7));
});

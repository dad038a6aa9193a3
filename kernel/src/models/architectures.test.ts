import { describe, expect, test } from "vitest";
import { readArchitecture } from "./architectures.js";
import { readRotation } from "./rope.js";

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
  const neox = {
    model_type: "gpt_neox",
    vocab_size: 50432,
    hidden_size: 64,
    intermediate_size: 96,
    num_hidden_layers: 2,
    num_attention_heads: 8,
    max_position_embeddings: 128,
  };
  const llama3 = {
    rope_type: "llama3",
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 64,
  };
  test("and without that is read", () => {
    const scaled = { ...llama, rope_scaling: llama3, is_encoder_decoder: false, is_causal: true };
    const later = { ...neox, rope_theta: 10_000, partial_rotary_factor: 0.25 };
    for (const config of [scaled, later, { ...llama, is_decoder: false }])
      expect(readArchitecture(config).blueprint.dimensions).toMatchObject({ layers: 2 });
  });
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
      { ...llama, rope_scaling: { rope_type: "dynamic", factor: 4 } },
      'rotary scaling "dynamic" is not supported by llama, since it turns every position by the length of the text',
    ],
    [
      { ...llama, rope_scaling: { rope_type: "ntk", factor: 4 } },
      'rotary scaling "ntk" is not supported by llama: supported are default, linear, llama3, yarn',
    ],
    [{ ...llama, rope_scaling: { type: "yarn" } }, 'rotary setting "factor" (missing) of llama'],
    [
      { ...llama, rope_scaling: { type: "yarn", factor: 4, beta_fast: 1, beta_slow: 2 } },
      'rotary setting "beta_fast" (1) of llama is below "beta_slow" (2)',
    ],
    [
      { ...llama, rope_scaling: { type: "yarn", factor: 4, mscale: -1 } },
      'rotary setting "mscale" (-1) of llama: too small',
    ],
    [
      { ...llama, rope_scaling: { type: "yarn", factor: 4, finetuned: false } },
      'rotary setting "finetuned" (false) of llama: invalid input: expected true',
    ],
    [
      { ...llama, rope_scaling: { type: "yarn", factor: 4, short_factor: [1] } },
      'rotary setting "short_factor" ([1]) is not supported by llama: it is refused because it might change',
    ],
    [
      { ...llama, rope_parameters: { rope_type: "default", beta_fast: 32 } },
      'rotary setting "beta_fast" (32) is not supported',
    ],
    [
      { ...llama, rope_parameters: { rope_type: "default", partial_rotary_factor: 0.5 } },
      'rotary setting "partial_rotary_factor" (0.5) of llama: invalid input: expected 1',
    ],
    [{ ...llama, head_dim: 5 }, "5 of the 5 units of a head of llama rotate: units rotate in pairs"],
    [
      { ...llama, rope_parameters: { rope_theta: "x" } },
      'rotary setting "rope_theta" ("x") of llama: invalid input: expected number',
    ],
    [
      { ...llama, rope_scaling: { type: "linear", factor: 0 } },
      'rotary setting "factor" (0) of llama: too small',
    ],
    [
      { ...llama, rope_scaling: { type: "linear", factor: -3 } },
      'rotary setting "factor" (-3) of llama: too small',
    ],
    [{ ...llama, rope_scaling: { type: "linear" } }, 'rotary setting "factor" (missing) of llama'],
    [{ ...llama, rope_scaling: { factor: 4 } }, 'rotary setting "factor" (4) is not supported by llama'],
    [
      { ...llama, rope_scaling: { ...llama3, low_freq_factor: 5 } },
      'rotary setting "high_freq_factor" (4) of llama is not above "low_freq_factor" (5)',
    ],
    [
      { ...llama, rope_scaling: { ...llama3, original_max_position_embeddings: 0.5 } },
      'rotary setting "original_max_position_embeddings" (0.5) of llama',
    ],
    [
      { ...llama, rope_scaling: { rope_type: "longrope", short_factor: [1, 2] } },
      'rotary scaling "longrope" is not supported by llama',
    ],
    [
      { ...llama, rope_scaling: llama3, rope_parameters: { rope_theta: 20_000 } },
      'config fields "rope_scaling" and "rope_parameters" of llama say the same twice',
    ],
    [
      { ...neox, rotary_pct: 0.4 },
      '3 of the 8 units of a head of gpt_neox rotate by the rotary share 0.4 ("rotary_pct"',
    ],
    [{ ...neox, rotary_pct: 0.01 }, "0 of the 8 units of a head of gpt_neox rotate by the rotary share 0.01"],
    [{ ...neox, rotary_pct: 3 }, 'config field "rotary_pct" (3) of gpt_neox: too big'],
    [
      { ...neox, rope_parameters: { partial_rotary_factor: 3 } },
      'rotary setting "partial_rotary_factor" (3) of gpt_neox: too big',
    ],
    [
      { ...neox, rope_theta: 20_000 },
      'config field "rope_theta" (20000) of gpt_neox is not "rotary_emb_base" (10000)',
    ],
    [
      { ...neox, partial_rotary_factor: 0.5 },
      'config field "partial_rotary_factor" (0.5) of gpt_neox is not "rotary_pct" (0.25), which is what counts',
    ],
    [{ ...llama, rope_interleaved: true }, 'config field "rope_interleaved" (true) of llama'],
    [{ ...llama, use_sliding_window: true }, 'config field "use_sliding_window" (true) of llama'],
    [
      { ...llama, layer_types: ["full_attention", "sliding_attention"] },
      'config field "layer_types.1" (["full_attention","sliding_attention"]) of llama',
    ],
    [
      { ...llama, qk_norm: true },
      'config field "qk_norm" (true) is not supported by llama: it is refused because it might change the numbers; ' +
        "if it does not, remove it from config.json",
    ],
    [{ ...opt, is_encoder_decoder: true }, 'config field "is_encoder_decoder" (true) of opt'],
    [{ ...opt, is_causal: false }, 'config field "is_causal" (false) of opt: invalid input: expected true'],
    [{ ...opt, tie_encoder_decoder: true }, 'config field "tie_encoder_decoder" (true) of opt'],
    [
      { ...llama, cross_attention_hidden_size: 64 },
      'config field "cross_attention_hidden_size" (64) is not supported',
    ],
    [{ ...llama, is_decoder: "no" }, 'config field "is_decoder" ("no") of llama'],
    [{ ...opt, toString: 1 }, 'config field "toString" (1) is not supported by opt'],
  ])("%j", (config, message) => expect(() => readArchitecture(config)).toThrow(message));
});

const rotation = (
  family: string,
  config: Omit<Parameters<typeof readRotation>[1], "max_position_embeddings">,
  headSize: number,
  own?: Parameters<typeof readRotation>[3],
) => readRotation(family, { max_position_embeddings: 128, ...config }, headSize, own);

test("linear rotary scaling divides every frequency", () => {
  const base = rotation("llama", { rope_theta: 10_000 }, 8);
  const scaled = rotation("llama", { rope_scaling: { type: "linear", factor: 4 } }, 8);
  expect(base.frequencies[0]).toBe(1);
  scaled.frequencies.forEach((f, i) => expect(f).toBeCloseTo(base.frequencies[i]! / 4, 7));
});

test("the share of a head that rotates is read wherever a config says it", () => {
  const share = { rope_theta: 10_000, partial_rotary_factor: 0.5 };
  const base = rotation("gpt_neox", {}, 8, { share: 0.5 });
  expect(base).toEqual(rotation("llama", {}, 4));
  expect(rotation("gpt_neox", { rope_parameters: share }, 8, { share: 1 })).toEqual(base);
  expect(rotation("gpt_neox", { rope_scaling: share }, 8, { share: 1 })).toEqual(base);
});

import { z } from "zod";
import type { Value } from "../graph/value.js";
import { embedAbsent, headAbsent, rotaryAbsent } from "./absent.js";
import { activation } from "./activation.js";
import type { Architecture, Blueprint, Context } from "./architecture.js";
import { attention } from "./attention.js";
import { rotaryBuffers } from "./buffers.js";
import type { JsonObject } from "./checkpoint/checkpoint.js";
import { count, divide, readConfig } from "./config.js";
import { rotary } from "./rotary.js";
import { readRotation, ropeFields } from "./rope.js";
import { logitAxes, residualAxes } from "./trace.js";
import type { Range } from "./rankWeights.js";
import type { Trace } from "./trace.js";

const fields = {
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  num_key_value_heads: count.optional(),
  head_dim: count.optional(),
  // The first conversions, Alpaca's among them, leave it out; it is what transformers takes then.
  max_position_embeddings: count.default(2048),
  hidden_act: z.string().default("silu"),
  rms_norm_eps: z.number().positive().default(1e-6),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  tie_word_embeddings: z.boolean().default(false),
  // SmolLM's configs say these of what the code does anyway.
  is_llama_config: z.literal(true).optional(),
  rope_interleaved: z.literal(false).optional(),
  ...ropeFields,
};

/** LLaMA 1, 2, 3 and their offspring such as Alpaca and Koala (Touvron et al. 2023; Dubey et al. 2024). */
export const llama: Architecture = { family: "llama", modelTypes: ["llama"], read };

function read(config: JsonObject): Blueprint {
  const c = readConfig("llama", config, fields);
  const hidden = c.hidden_size;
  const heads = c.num_attention_heads;
  const keyValueHeads = c.num_key_value_heads ?? heads;
  divide("num_attention_heads", heads, "num_key_value_heads", keyValueHeads);
  const headSize = c.head_dim ?? divide("hidden_size", hidden, "num_attention_heads", heads);
  const act = activation("hidden_act", c.hidden_act);
  const rotation = readRotation("llama", c, headSize);

  const norm = (t: Trace, x: Value, path: string) =>
    x.rmsNorm(t.weights.whole(`${path}.weight`, [hidden]), c.rms_norm_eps);
  /** A projection whose outputs this rank holds only `range` of. */
  const spread = (t: Trace, x: Value, path: string, size: number, range: Range, biased: boolean) =>
    t
      .spread(x)
      .linear(
        t.weights.rows(`${path}.weight`, [size, hidden], range),
        biased ? t.weights.rows(`${path}.bias`, [size], range) : undefined,
      );
  /** A projection of this rank's units back to the residual, summed over the ranks. */
  const gatherBack = (
    t: Trace,
    x: Value,
    path: string,
    size: number,
    range: Range,
    biased: boolean,
    next: string,
  ) => {
    const bias = biased ? t.weights.whole(`${path}.bias`, [hidden]) : undefined;
    return t.projectBack(x, t.weights.columns(`${path}.weight`, [hidden, size], [range]), bias, next);
  };

  function embed(t: Trace, tokens: Value): Value {
    const words = t.weights
      .table("model.embed_tokens.weight", [c.vocab_size, hidden])
      .gather(tokens)
      .cast("f32");
    return t.unitPoint(words, "embedding", "model.embed_tokens");
  }

  function layer(t: Trace, index: number, residual: Value, context: Context): Value {
    const path = `model.layers.${index}`;
    const normed = (x: Value, which: "attention" | "mlp", at: string) =>
      t.unitPoint(norm(t, t.unitPoint(x, `${which}.norm.in`, `${at}.input`), at), `${which}.norm`, at);
    const into = t.unitPoint(residual, "residual.in", `${path}.input`);
    const read = normed(into, "attention", `${path}.input_layernorm`);
    const attended = t.unitPoint(attend(t, `${path}.self_attn`, read, context), "attention.output", [
      `${path}.self_attn`,
      `${path}.self_attn.o_proj`,
    ]);
    const mid = t.unitPoint(into.add(attended), "residual.mid");
    const read2 = normed(mid, "mlp", `${path}.post_attention_layernorm`);
    const output = t.unitPoint(mlp(t, `${path}.mlp`, read2), "mlp.output", [
      `${path}.mlp`,
      `${path}.mlp.down_proj`,
    ]);
    const isLast = index === c.num_hidden_layers - 1;
    return t.unitPoint(mid.add(output), "residual.out", isLast ? [path, "model.norm.input"] : path);
  }

  function attend(t: Trace, path: string, x: Value, { mask, positions }: Context): Value {
    const units = (n: number) => {
      const share = t.share(n);
      return { from: share.from * headSize, to: share.to * headSize };
    };
    const read = t.unitPoint(x, "attention.in", `${path}.input`);
    const project = (name: "q_proj" | "k_proj" | "v_proj", n: number) => {
      const own = t.unitPoint(read, `attention.${name.charAt(0)}.in`, `${path}.${name}.input`);
      return spread(t, own, `${path}.${name}`, n * headSize, units(n), c.attention_bias);
    };
    const spec = {
      heads,
      keyValueHeads,
      size: headSize,
      scale: headSize ** -0.5,
      mask,
      rotary: rotary(t, positions, rotation),
      alias: { q: `${path}.q_proj`, k: `${path}.k_proj`, v: `${path}.v_proj`, z: `${path}.o_proj.input` },
    };
    const z = attention(
      t,
      spec,
      project("q_proj", heads),
      project("k_proj", keyValueHeads),
      project("v_proj", keyValueHeads),
    );
    return gatherBack(t, z, `${path}.o_proj`, heads * headSize, units(heads), c.attention_bias, "mlp");
  }

  /** SwiGLU (Shazeer 2020): silu(gate x) · up x. */
  function mlp(t: Trace, path: string, x: Value): Value {
    const units = t.share(c.intermediate_size);
    const split = { axis: 2, whole: c.intermediate_size };
    const into = t.unitPoint(x, "mlp.in", `${path}.input`);
    const project = (name: "gate" | "up") => {
      const own = t.unitPoint(into, `mlp.${name}.in`, `${path}.${name}_proj.input`);
      return spread(t, own, `${path}.${name}_proj`, c.intermediate_size, units, c.mlp_bias);
    };
    const pre = t.point(project("gate"), "mlp.pre", {
      axes: residualAxes,
      alias: [`${path}.gate_proj`, `${path}.act_fn.input`],
      split,
    });
    const gate = t.point(act(pre), "mlp.gate", { axes: residualAxes, alias: `${path}.act_fn`, split });
    const up = t.point(project("up"), "mlp.up", { axes: residualAxes, alias: `${path}.up_proj`, split });
    const inner = t.point(gate.mul(up), "mlp.hidden", {
      axes: residualAxes,
      alias: `${path}.down_proj.input`,
      split,
    });
    return gatherBack(t, inner, `${path}.down_proj`, c.intermediate_size, units, c.mlp_bias, "out");
  }

  function unembed(t: Trace, residual: Value, select?: Value): Value {
    const normed = t.unitPoint(norm(t, residual, "model.norm"), "norm", [
      "model.norm",
      "model",
      "lm_head.input",
    ]);
    const head = c.tie_word_embeddings ? "model.embed_tokens.weight" : "lm_head.weight";
    const weight = t.weights.rows(head, [c.vocab_size, hidden], t.share(c.vocab_size));
    const logits = t.spread(select ? normed.gatherPositions(select) : normed).linear(weight);
    return t.point(logits, "logits", {
      axes: logitAxes,
      alias: "lm_head",
      split: { axis: 2, whole: c.vocab_size },
    });
  }

  return {
    dimensions: {
      layers: c.num_hidden_layers,
      hidden,
      heads,
      keyValueHeads,
      headSize,
      inner: c.intermediate_size,
      vocabulary: c.vocab_size,
      maxPositions: c.max_position_embeddings,
    },
    basePrefix: "model.",
    tied: c.tie_word_embeddings ? { "lm_head.weight": "model.embed_tokens.weight" } : {},
    ignorable: c.tie_word_embeddings ? [/^lm_head\.weight$/] : [],
    buffers: rotaryBuffers(
      "model",
      Array.from({ length: c.num_hidden_layers }, (_, n) => `model.layers.${n}.self_attn`),
    ),
    embed,
    layer,
    unembed,
    prepare: (t, positions) => void rotary(t, positions, rotation),
    absent: { ...embedAbsent(), ...headAbsent(true), ...rotaryAbsent("model.rotary_emb") },
  };
}

import { z } from "zod";
import type { Value } from "../graph/value.js";
import { embedAbsent, fusedAbsent, gateAbsent, headAbsent, rotaryAbsent } from "./absent.js";
import { activation } from "./activation.js";
import type { Architecture, Blueprint, Context } from "./architecture.js";
import { attention } from "./attention.js";
import { maskBuffers, rotaryBuffers } from "./buffers.js";
import type { JsonObject } from "./checkpoint/checkpoint.js";
import { count, divide, readConfig } from "./config.js";
import { rotary } from "./rotary.js";
import { readRotation, ropeFields, rotatingShare } from "./rope.js";
import { logitAxes, residualAxes } from "./trace.js";
import type { Range } from "./rankWeights.js";
import type { Trace } from "./trace.js";

const fields = {
  vocab_size: count,
  hidden_size: count,
  intermediate_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  max_position_embeddings: count,
  hidden_act: z.string().default("gelu"),
  layer_norm_eps: z.number().positive().default(1e-5),
  rotary_pct: rotatingShare.default(0.25),
  rotary_emb_base: z.number().positive().default(10_000),
  // transformers 4.46 to 4.57 wrote the share under this name too, and the base as "rope_theta"; what counts is the family's own.
  partial_rotary_factor: rotatingShare.optional(),
  use_parallel_residual: z.boolean().default(true),
  attention_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(false),
  ...ropeFields,
};

/** GPT-NeoX and Pythia (Black et al. 2022; Biderman et al. 2023): rotary over part of each head; attention and MLP may run in parallel. */
export const gptNeoX: Architecture = { family: "gptNeoX", modelTypes: ["gpt_neox"], read };

function read(config: JsonObject): Blueprint {
  const c = readConfig("gpt_neox", config, fields);
  const hidden = c.hidden_size;
  const heads = c.num_attention_heads;
  const headSize = divide("hidden_size", hidden, "num_attention_heads", heads);
  const act = activation("hidden_act", c.hidden_act);
  refuseOther("rope_theta", c.rope_theta, "rotary_emb_base", c.rotary_emb_base);
  refuseOther("partial_rotary_factor", c.partial_rotary_factor, "rotary_pct", c.rotary_pct);
  const rotation = readRotation("gpt_neox", c, headSize, {
    theta: c.rotary_emb_base,
    share: c.rotary_pct,
  });
  const base = "gpt_neox";

  const norm = (t: Trace, x: Value, path: string) =>
    x.layerNorm(
      t.weights.whole(`${path}.weight`, [hidden]),
      t.weights.whole(`${path}.bias`, [hidden]),
      c.layer_norm_eps,
    );
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
      .table(`${base}.embed_in.weight`, [c.vocab_size, hidden])
      .gather(tokens)
      .cast("f32");
    return t.unitPoint(words, "embedding", [
      `${base}.embed_in`,
      `${base}.emb_dropout`,
      `${base}.emb_dropout.input`,
    ]);
  }

  function layer(t: Trace, index: number, residual: Value, context: Context): Value {
    const path = `${base}.layers.${index}`;
    const normed = (x: Value, which: "attention" | "mlp", at: string) =>
      t.unitPoint(norm(t, t.unitPoint(x, `${which}.norm.in`, `${at}.input`), at), `${which}.norm`, at);
    /** A module, the projection it ends with, and the dropout after it, which does nothing here. */
    const projecting = (module: string, last: string, dropout: string) => [
      `${path}.${module}`,
      `${path}.${module}.${last}`,
      `${path}.${dropout}`,
      `${path}.${dropout}.input`,
    ];
    const into = t.unitPoint(residual, "residual.in", `${path}.input`);
    const read = normed(into, "attention", `${path}.input_layernorm`);
    const attended = t.unitPoint(
      attend(t, `${path}.attention`, read, context),
      "attention.output",
      projecting("attention", "dense", "post_attention_dropout"),
    );
    const mid = c.use_parallel_residual ? into : t.unitPoint(into.add(attended), "residual.mid");
    const read2 = normed(mid, "mlp", `${path}.post_attention_layernorm`);
    const output = t.unitPoint(
      mlp(t, `${path}.mlp`, read2),
      "mlp.output",
      projecting("mlp", "dense_4h_to_h", "post_mlp_dropout"),
    );
    const out = c.use_parallel_residual ? output.add(attended).add(into) : mid.add(output);
    const isLast = index === c.num_hidden_layers - 1;
    return t.unitPoint(out, "residual.out", isLast ? [path, `${base}.final_layer_norm.input`] : path);
  }

  function attend(t: Trace, path: string, x: Value, { mask, positions }: Context): Value {
    // The fused weight is ordered head by head, each with its query, key and value rows, so a rank's heads are contiguous.
    const share = t.share(heads);
    const rows = { from: share.from * 3 * headSize, to: share.to * 3 * headSize };
    const own = share.to - share.from;
    const fused = `${path}.query_key_value`;
    const all = t
      .spread(t.unitPoint(x, "attention.in", [`${path}.input`, `${fused}.input`]))
      .linear(
        t.weights.rows(`${fused}.weight`, [3 * hidden, hidden], rows),
        c.attention_bias ? t.weights.rows(`${fused}.bias`, [3 * hidden], rows) : undefined,
      );
    const [q, k, v] = all
      .reshape("batch", "position", own, 3 * headSize)
      .split(3, [headSize, headSize, headSize])
      .map((part) => part.reshape("batch", "position", own * headSize));
    const spec = {
      heads,
      keyValueHeads: heads,
      size: headSize,
      scale: headSize ** -0.5,
      mask,
      rotary: rotary(t, positions, rotation),
      alias: { q: fused, k: fused, v: fused, z: `${path}.dense.input` },
    };
    const units = { from: share.from * headSize, to: share.to * headSize };
    return gatherBack(
      t,
      attention(t, spec, q!, k!, v!),
      `${path}.dense`,
      hidden,
      units,
      c.attention_bias,
      "mlp",
    );
  }

  function mlp(t: Trace, path: string, x: Value): Value {
    const units = t.share(c.intermediate_size);
    const split = { axis: 2, whole: c.intermediate_size };
    const up = `${path}.dense_h_to_4h`;
    const into = t.unitPoint(x, "mlp.in", [`${path}.input`, `${up}.input`]);
    const first = t
      .spread(into)
      .linear(
        t.weights.rows(`${up}.weight`, [c.intermediate_size, hidden], units),
        t.weights.rows(`${up}.bias`, [c.intermediate_size], units),
      );
    const pre = t.point(first, "mlp.pre", { axes: residualAxes, alias: [up, `${path}.act.input`], split });
    const down = `${path}.dense_4h_to_h`;
    const inner = t.point(act(pre), "mlp.hidden", {
      axes: residualAxes,
      alias: [`${path}.act`, `${down}.input`],
      split,
    });
    return gatherBack(t, inner, down, c.intermediate_size, units, true, "out");
  }

  function unembed(t: Trace, residual: Value, select?: Value): Value {
    const path = `${base}.final_layer_norm`;
    const normed = t.unitPoint(norm(t, residual, path), "norm", [path, base, "lm_head.input"]);
    const head = c.tie_word_embeddings ? `${base}.embed_in.weight` : "lm_head.weight";
    const weight = t.weights.rows(head, [c.vocab_size, hidden], t.share(c.vocab_size));
    const logits = t.spread(select ? normed.gatherPositions(select) : normed).linear(weight);
    return t.point(logits, "logits", {
      axes: logitAxes,
      alias: "lm_head",
      split: { axis: 2, whole: c.vocab_size },
    });
  }

  const parallel =
    "this model adds attention and mlp to the residual in parallel, so there is no residual between them";
  const attentions = Array.from({ length: c.num_hidden_layers }, (_, n) => `${base}.layers.${n}.attention`);
  return {
    dimensions: {
      layers: c.num_hidden_layers,
      hidden,
      heads,
      keyValueHeads: heads,
      headSize,
      inner: c.intermediate_size,
      vocabulary: c.vocab_size,
      maxPositions: c.max_position_embeddings,
    },
    basePrefix: "gpt_neox.",
    tied: c.tie_word_embeddings ? { "lm_head.weight": `${base}.embed_in.weight` } : {},
    ignorable: c.tie_word_embeddings ? [/^(lm_head|embed_out)\.weight$/] : [],
    buffers: { ...maskBuffers(attentions), ...rotaryBuffers(base, attentions) },
    embed,
    layer,
    unembed,
    // The published files call the head by the name it had before transformers 5.
    formerNames: { "lm_head.weight": "embed_out.weight" },
    prepare: (t, positions) => void rotary(t, positions, rotation),
    absent: {
      ...rotaryAbsent(`${base}.rotary_emb`),
      ...(c.use_parallel_residual ? { "residual.mid": parallel } : {}),
      ...fusedAbsent("query_key_value"),
      ...gateAbsent(),
      ...embedAbsent(),
      ...headAbsent(true),
    },
  };
}

/** Throws one line when a field says otherwise than the family's own field of the same meaning. */
function refuseOther(field: string, said: number | undefined, own: string, held: number): void {
  if (said === undefined || said === held) return;
  throw new Error(
    `config field "${field}" (${said}) of gpt_neox is not "${own}" (${held}), which is what counts: leave the other out`,
  );
}

import { z } from "zod";
import type { Value } from "../graph/value.js";
import { activation } from "./activation.js";
import type { Architecture, Blueprint, Context } from "./architecture.js";
import { attention } from "./attention.js";
import type { JsonObject } from "./checkpoint/checkpoint.js";
import { count, divide, readConfig } from "./config.js";
import { logitAxes, residualAxes } from "./trace.js";
import type { Range, Trace } from "./trace.js";

const fields = {
  vocab_size: count,
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  ffn_dim: count,
  max_position_embeddings: count,
  word_embed_proj_dim: count.optional(),
  activation_function: z.string().default("relu"),
  do_layer_norm_before: z.boolean().default(true),
  _remove_final_layer_norm: z.boolean().default(false),
  layer_norm_elementwise_affine: z.boolean().default(true),
  enable_bias: z.boolean().default(true),
  tie_word_embeddings: z.boolean().default(true),
  // Galactica's configs say these of what the code does anyway.
  learned_embeddings: z.literal(true).optional(),
  scale_embeddings: z.literal(false).optional(),
};

/** Position 0 is row 2 of the table: the first two rows served padding when the models were trained. */
const positionOffset = 2;
const epsilon = 1e-5;

/**
 * OPT (Zhang et al. 2022) and Galactica (Taylor et al. 2022): learned positions, pre-norm decoder layers; the
 * 350M size norms after each sum instead and keeps its word embeddings narrower than its residual.
 */
export const opt: Architecture = { family: "opt", modelTypes: ["opt"], read };

function read(config: JsonObject): Blueprint {
  const c = readConfig("opt", config, fields);
  const hidden = c.hidden_size;
  const wordUnits = c.word_embed_proj_dim ?? hidden;
  const headSize = divide("hidden_size", hidden, "num_attention_heads", c.num_attention_heads);
  const act = activation("activation_function", c.activation_function);
  const preNorm = c.do_layer_norm_before;
  const finalNorm = preNorm && !c._remove_final_layer_norm;
  const base = "model.decoder";

  const norm = (t: Trace, x: Value, path: string) =>
    c.layer_norm_elementwise_affine
      ? x.layerNorm(t.weight(`${path}.weight`, [hidden]), t.weight(`${path}.bias`, [hidden]), epsilon)
      : x.layerNorm(undefined, undefined, epsilon);
  const bias = (t: Trace, path: string, size: number, range: Range = { from: 0, to: size }) =>
    c.enable_bias ? t.rows(`${path}.bias`, [size], range) : undefined;

  function embed(t: Trace, tokens: Value, positions: Value): Value {
    const words = t
      .table(`${base}.embed_tokens.weight`, [c.vocab_size, wordUnits])
      .gather(tokens)
      .cast("f32");
    const projected =
      wordUnits === hidden ? words : words.linear(t.weight(`${base}.project_in.weight`, [hidden, wordUnits]));
    const offset = t.graph.integers([positionOffset]);
    const table = t.table(`${base}.embed_positions.weight`, [
      c.max_position_embeddings + positionOffset,
      hidden,
    ]);
    const sum = projected.add(table.gather(positions.add(offset)).cast("f32"));
    return t.point(sum, "embedding", { axes: residualAxes });
  }

  function layer(t: Trace, index: number, residual: Value, context: Context): Value {
    const path = `${base}.layers.${index}`;
    const before = `${path}.self_attn_layer_norm`;
    const into = t.point(residual, "residual.in", { axes: residualAxes });
    const read1 = preNorm
      ? t.point(norm(t, into, before), "attention.norm", { axes: residualAxes, alias: before })
      : into;
    const attended = t.point(attend(t, `${path}.self_attn`, read1, context), "attention.output", {
      axes: residualAxes,
      alias: `${path}.self_attn`,
    });
    const mid = t.point(into.add(attended), "residual.mid", { axes: residualAxes });
    const settled = preNorm
      ? mid
      : t.point(norm(t, mid, before), "attention.norm", { axes: residualAxes, alias: before });

    const after = `${path}.final_layer_norm`;
    const read2 = preNorm
      ? t.point(norm(t, settled, after), "mlp.norm", { axes: residualAxes, alias: after })
      : settled;
    const output = t.point(mlp(t, path, read2), "mlp.output", { axes: residualAxes, alias: `${path}.fc2` });
    const sum = settled.add(output);
    const out = preNorm
      ? sum
      : t.point(norm(t, sum, after), "mlp.norm", { axes: residualAxes, alias: after });
    return t.point(out, "residual.out", { axes: residualAxes, alias: path });
  }

  function attend(t: Trace, path: string, x: Value, { mask }: Context): Value {
    const heads = t.share(c.num_attention_heads);
    const units = { from: heads.from * headSize, to: heads.to * headSize };
    const project = (name: string) =>
      t
        .spread(x)
        .linear(
          t.rows(`${path}.${name}.weight`, [hidden, hidden], units),
          bias(t, `${path}.${name}`, hidden, units),
        );
    const spec = {
      heads: c.num_attention_heads,
      keyValueHeads: c.num_attention_heads,
      size: headSize,
      scale: headSize ** -0.5,
      mask,
      alias: { q: `${path}.q_proj`, k: `${path}.k_proj`, v: `${path}.v_proj`, z: `${path}.out_proj.input` },
    };
    const z = attention(t, spec, project("q_proj"), project("k_proj"), project("v_proj"));
    const weight = t.columns(`${path}.out_proj.weight`, [hidden, hidden], [units]);
    return t.projectBack(z, weight, bias(t, `${path}.out_proj`, hidden), "mlp");
  }

  function mlp(t: Trace, path: string, x: Value): Value {
    const units = t.share(c.ffn_dim);
    const split = { axis: 2, whole: c.ffn_dim };
    const into = t.point(x, "mlp.in", { axes: residualAxes, alias: `${path}.fc1.input` });
    const first = t
      .spread(into)
      .linear(
        t.rows(`${path}.fc1.weight`, [c.ffn_dim, hidden], units),
        bias(t, `${path}.fc1`, c.ffn_dim, units),
      );
    const pre = t.point(first, "mlp.pre", { axes: residualAxes, alias: `${path}.fc1`, split });
    const inner = t.point(act(pre), "mlp.hidden", { axes: residualAxes, alias: `${path}.fc2.input`, split });
    const weight = t.columns(`${path}.fc2.weight`, [hidden, c.ffn_dim], [units]);
    return t.projectBack(inner, weight, bias(t, `${path}.fc2`, hidden), "out");
  }

  function unembed(t: Trace, residual: Value, select: Value): Value {
    const path = `${base}.final_layer_norm`;
    const normed = finalNorm
      ? t.point(norm(t, residual, path), "norm", { axes: residualAxes, alias: path })
      : residual;
    const read = normed.gatherPositions(select);
    const narrow =
      wordUnits === hidden ? read : read.linear(t.weight(`${base}.project_out.weight`, [wordUnits, hidden]));
    const head = c.tie_word_embeddings ? `${base}.embed_tokens.weight` : "lm_head.weight";
    const tokens = t.share(c.vocab_size);
    const logits = t.spread(narrow).linear(t.rows(head, [c.vocab_size, wordUnits], tokens));
    return t.point(logits, "logits", {
      axes: logitAxes,
      alias: "lm_head",
      split: { axis: 2, whole: c.vocab_size },
    });
  }

  const rotaryWhy = "opt adds learned positions to the embedding and rotates nothing";
  return {
    dimensions: {
      layers: c.num_hidden_layers,
      hidden,
      heads: c.num_attention_heads,
      keyValueHeads: c.num_attention_heads,
      headSize,
      inner: c.ffn_dim,
      vocabulary: c.vocab_size,
      maxPositions: c.max_position_embeddings,
    },
    basePrefix: "model.",
    ignorable: [/(^|\.)decoder\.version$/, ...(c.tie_word_embeddings ? [/^lm_head\.weight$/] : [])],
    embed,
    layer,
    unembed,
    absent: {
      "attention.qRotary": rotaryWhy,
      "attention.kRotary": rotaryWhy,
      ...(finalNorm ? {} : { norm: "this model norms at the end of each layer and has no final norm" }),
    },
  };
}

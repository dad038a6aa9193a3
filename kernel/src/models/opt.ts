import { z } from "zod";
import type { Value } from "../graph/value.js";
import { gateAbsent, headAbsent } from "./absent.js";
import { activation } from "./activation.js";
import type { Architecture, Blueprint, Context } from "./architecture.js";
import { attention } from "./attention.js";
import type { JsonObject } from "./checkpoint/checkpoint.js";
import { count, divide, readConfig } from "./config.js";
import { logitAxes, residualAxes } from "./trace.js";
import type { Range } from "./rankWeights.js";
import type { Trace } from "./trace.js";

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
  // Galactica's configs, and that of the 13B size, say these of what the code does anyway.
  learned_embeddings: z.literal(true).optional(),
  scale_embeddings: z.literal(false).optional(),
  output_projection: z.literal(true).optional(),
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
      ? x.layerNorm(
          t.weights.whole(`${path}.weight`, [hidden]),
          t.weights.whole(`${path}.bias`, [hidden]),
          epsilon,
        )
      : x.layerNorm(undefined, undefined, epsilon);
  const bias = (t: Trace, path: string, size: number, range: Range = { from: 0, to: size }) =>
    c.enable_bias ? t.weights.rows(`${path}.bias`, [size], range) : undefined;

  function embed(t: Trace, tokens: Value, positions: Value): Value {
    const path = `${base}.project_in`;
    const isNarrow = wordUnits !== hidden;
    const looked = t.weights
      .table(`${base}.embed_tokens.weight`, [c.vocab_size, wordUnits])
      .gather(tokens)
      .cast("f32");
    const words = t.unitPoint(looked, "embedding.tokens", [
      `${base}.embed_tokens`,
      ...(isNarrow ? [`${path}.input`] : []),
    ]);
    const projected = isNarrow
      ? t.unitPoint(
          words.linear(t.weights.whole(`${path}.weight`, [hidden, wordUnits])),
          "embedding.projected",
          path,
        )
      : words;
    const offset = t.graph.integers([positionOffset]);
    const table = t.weights.table(`${base}.embed_positions.weight`, [
      c.max_position_embeddings + positionOffset,
      hidden,
    ]);
    const places = t.unitPoint(
      table.gather(positions.add(offset)).cast("f32"),
      "embedding.positions",
      `${base}.embed_positions`,
    );
    return t.unitPoint(projected.add(places), "embedding");
  }

  function layer(t: Trace, index: number, residual: Value, context: Context): Value {
    const path = `${base}.layers.${index}`;
    const before = `${path}.self_attn_layer_norm`;
    const normed = (x: Value, which: "attention" | "mlp", at: string) =>
      t.unitPoint(norm(t, t.unitPoint(x, `${which}.norm.in`, `${at}.input`), at), `${which}.norm`, at);
    const into = t.unitPoint(residual, "residual.in", `${path}.input`);
    const read1 = preNorm ? normed(into, "attention", before) : into;
    const attended = t.unitPoint(attend(t, `${path}.self_attn`, read1, context), "attention.output", [
      `${path}.self_attn`,
      `${path}.self_attn.out_proj`,
    ]);
    const mid = t.unitPoint(into.add(attended), "residual.mid");
    const settled = preNorm ? mid : normed(mid, "attention", before);

    const after = `${path}.final_layer_norm`;
    const read2 = preNorm ? normed(settled, "mlp", after) : settled;
    const output = t.unitPoint(mlp(t, path, read2), "mlp.output", `${path}.fc2`);
    const sum = settled.add(output);
    const out = preNorm ? sum : normed(sum, "mlp", after);
    const isLast = index === c.num_hidden_layers - 1;
    return t.unitPoint(out, "residual.out", isLast ? [path, ...lastReaders] : path);
  }

  function attend(t: Trace, path: string, x: Value, { mask }: Context): Value {
    const heads = t.share(c.num_attention_heads);
    const units = { from: heads.from * headSize, to: heads.to * headSize };
    const read = t.unitPoint(x, "attention.in", `${path}.input`);
    const project = (name: "q_proj" | "k_proj" | "v_proj") =>
      t
        .spread(t.unitPoint(read, `attention.${name.charAt(0)}.in`, `${path}.${name}.input`))
        .linear(
          t.weights.rows(`${path}.${name}.weight`, [hidden, hidden], units),
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
    const weight = t.weights.columns(`${path}.out_proj.weight`, [hidden, hidden], [units]);
    return t.projectBack(z, weight, bias(t, `${path}.out_proj`, hidden), "mlp");
  }

  function mlp(t: Trace, path: string, x: Value): Value {
    const units = t.share(c.ffn_dim);
    const split = { axis: 2, whole: c.ffn_dim };
    const into = t.point(x, "mlp.in", { axes: residualAxes, alias: `${path}.fc1.input` });
    const first = t
      .spread(into)
      .linear(
        t.weights.rows(`${path}.fc1.weight`, [c.ffn_dim, hidden], units),
        bias(t, `${path}.fc1`, c.ffn_dim, units),
      );
    const pre = t.point(first, "mlp.pre", {
      axes: residualAxes,
      alias: [`${path}.fc1`, `${path}.activation_fn.input`],
      split,
    });
    const inner = t.point(act(pre), "mlp.hidden", {
      axes: residualAxes,
      alias: [`${path}.activation_fn`, `${path}.fc2.input`],
      split,
    });
    const weight = t.weights.columns(`${path}.fc2.weight`, [hidden, c.ffn_dim], [units]);
    return t.projectBack(inner, weight, bias(t, `${path}.fc2`, hidden), "out");
  }

  // Modules that read the last layer's output and nothing else, up to the head, which reads the last of them.
  const finalPath = `${base}.final_layer_norm`;
  const outPath = `${base}.project_out`;
  const headReaders = [base, "lm_head.input"];
  const normReaders = wordUnits === hidden ? headReaders : [`${outPath}.input`];
  const lastReaders = finalNorm ? [`${finalPath}.input`] : normReaders;

  // The narrow projection comes before positions are chosen, so that `logits.in` is there at all of them.
  function unembed(t: Trace, residual: Value, select?: Value): Value {
    const normed = finalNorm
      ? t.unitPoint(norm(t, residual, finalPath), "norm", [finalPath, ...normReaders])
      : residual;
    const narrow =
      wordUnits === hidden
        ? normed
        : t.unitPoint(normed.linear(t.weights.whole(`${outPath}.weight`, [wordUnits, hidden])), "logits.in", [
            outPath,
            ...headReaders,
          ]);
    const read = select ? narrow.gatherPositions(select) : narrow;
    const head = c.tie_word_embeddings ? `${base}.embed_tokens.weight` : "lm_head.weight";
    const tokens = t.share(c.vocab_size);
    const logits = t.spread(read).linear(t.weights.rows(head, [c.vocab_size, wordUnits], tokens));
    return t.point(logits, "logits", {
      axes: logitAxes,
      alias: "lm_head",
      split: { axis: 2, whole: c.vocab_size },
    });
  }

  const noNorm = preNorm
    ? "this model's config removes the final norm"
    : "this model norms at the end of each layer and has no final norm";
  const rotaryWhy =
    "opt adds learned positions to the embedding and rotates nothing: its scores are of attention.q and attention.k";
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
    tied: c.tie_word_embeddings ? { "lm_head.weight": `${base}.embed_tokens.weight` } : {},
    ignorable: [/(^|\.)decoder\.version$/, ...(c.tie_word_embeddings ? [/^lm_head\.weight$/] : [])],
    embed,
    layer,
    unembed,
    absent: {
      "attention.qRotary": rotaryWhy,
      "attention.kRotary": rotaryWhy,
      ...gateAbsent(),
      ...headAbsent(wordUnits === hidden),
      ...(finalNorm ? {} : { norm: noNorm }),
    },
  };
}

import { z } from "zod";
import type { Value } from "../graph/value.js";
import { fusedAbsent, gateAbsent, headAbsent } from "./absent.js";
import { activation } from "./activation.js";
import type { Architecture, Blueprint, Context } from "./architecture.js";
import { attention } from "./attention.js";
import { maskBuffers } from "./buffers.js";
import type { JsonObject } from "./checkpoint/checkpoint.js";
import { count, divide, readConfig } from "./config.js";
import { logitAxes, residualAxes } from "./trace.js";
import type { Range } from "./rankWeights.js";
import type { Trace } from "./trace.js";

const fields = {
  vocab_size: count,
  n_embd: count,
  n_layer: count,
  n_head: count,
  n_positions: count,
  n_ctx: count.optional(),
  n_inner: count.optional(),
  activation_function: z.string().default("gelu_new"),
  layer_norm_epsilon: z.number().positive().default(1e-5),
  scale_attn_weights: z.boolean().default(true),
  scale_attn_by_inverse_layer_idx: z.boolean().default(false),
  reorder_and_upcast_attn: z.boolean().default(false),
  add_cross_attention: z.literal(false).default(false),
  tie_word_embeddings: z.boolean().default(true),
  pruned_heads: z.strictObject({}).optional(),
};

/** GPT-2 (Radford et al. 2019). Its linear maps are stored as `Conv1D`, [in, out]. */
export const gpt2: Architecture = { family: "gpt2", modelTypes: ["gpt2"], read };

function read(config: JsonObject): Blueprint {
  const c = readConfig("gpt2", config, fields);
  const hidden = c.n_embd;
  const inner = c.n_inner ?? 4 * hidden;
  const headSize = divide("n_embd", hidden, "n_head", c.n_head);
  const act = activation("activation_function", c.activation_function);
  const base = "transformer";

  const norm = (t: Trace, x: Value, path: string) =>
    x.layerNorm(
      t.weights.whole(`${path}.weight`, [hidden]),
      t.weights.whole(`${path}.bias`, [hidden]),
      c.layer_norm_epsilon,
    );
  const spread = (t: Trace, x: Value, path: string, size: number, ranges: Range[]) =>
    t
      .spread(x)
      .affine(
        t.weights.columns(`${path}.weight`, [hidden, size], ranges),
        t.weights.columns(`${path}.bias`, [size], ranges),
      );
  const gatherBack = (t: Trace, x: Value, path: string, size: number, range: Range, next: string) =>
    t.projectBack(
      x,
      t.weights.rows(`${path}.weight`, [size, hidden], range),
      t.weights.whole(`${path}.bias`, [hidden]),
      next,
      "conv1d",
    );

  function embed(t: Trace, tokens: Value, positions: Value): Value {
    const look = (name: "wte" | "wpe", rows: number, at: Value) =>
      t.weights.table(`${base}.${name}.weight`, [rows, hidden]).gather(at).cast("f32");
    const words = t.unitPoint(look("wte", c.vocab_size, tokens), "embedding.tokens", `${base}.wte`);
    const places = t.unitPoint(look("wpe", c.n_positions, positions), "embedding.positions", `${base}.wpe`);
    return t.unitPoint(words.add(places), "embedding", [`${base}.drop`, `${base}.drop.input`]);
  }

  function layer(t: Trace, index: number, residual: Value, context: Context): Value {
    const path = `${base}.h.${index}`;
    const normed = (x: Value, which: "attention" | "mlp", at: string) =>
      t.unitPoint(norm(t, t.unitPoint(x, `${which}.norm.in`, `${at}.input`), at), `${which}.norm`, at);
    /** A module whose last part is a projection and a dropout, which does nothing here. */
    const projecting = (module: string, dropout: string) => [
      module,
      `${module}.c_proj`,
      `${module}.${dropout}`,
      `${module}.${dropout}.input`,
    ];
    const into = t.unitPoint(residual, "residual.in", `${path}.input`);
    const read = normed(into, "attention", `${path}.ln_1`);
    const attended = t.unitPoint(
      attend(t, index, `${path}.attn`, read, context),
      "attention.output",
      projecting(`${path}.attn`, "resid_dropout"),
    );
    const mid = t.unitPoint(into.add(attended), "residual.mid");
    const read2 = normed(mid, "mlp", `${path}.ln_2`);
    const output = t.unitPoint(
      mlp(t, `${path}.mlp`, read2),
      "mlp.output",
      projecting(`${path}.mlp`, "dropout"),
    );
    const isLast = index === c.n_layer - 1;
    return t.unitPoint(mid.add(output), "residual.out", isLast ? [path, `${base}.ln_f.input`] : path);
  }

  function attend(t: Trace, index: number, path: string, x: Value, { mask }: Context): Value {
    const heads = t.share(c.n_head);
    const units = { from: heads.from * headSize, to: heads.to * headSize };
    const width = units.to - units.from;
    // Queries, keys and values stand side by side in one weight; a rank takes its heads out of each.
    const thirds = [0, 1, 2].map((i) => ({ from: i * hidden + units.from, to: i * hidden + units.to }));
    const ranges = t.tensor.size === 1 ? [{ from: 0, to: 3 * hidden }] : thirds;
    const read = t.unitPoint(x, "attention.in", [`${path}.input`, `${path}.c_attn.input`]);
    const [q, k, v] = spread(t, read, `${path}.c_attn`, 3 * hidden, ranges).split(2, [width, width, width]);
    const byLayer = c.scale_attn_by_inverse_layer_idx ? 1 / (index + 1) : 1;
    const alias = `${path}.c_attn`;
    const spec = {
      heads: c.n_head,
      keyValueHeads: c.n_head,
      size: headSize,
      scale: (c.scale_attn_weights ? headSize ** -0.5 : 1) * byLayer,
      mask,
      alias: { q: alias, k: alias, v: alias, z: `${path}.c_proj.input` },
    };
    return gatherBack(t, attention(t, spec, q!, k!, v!), `${path}.c_proj`, hidden, units, "mlp");
  }

  function mlp(t: Trace, path: string, x: Value): Value {
    const units = t.share(inner);
    const split = { axis: 2, whole: inner };
    const into = t.unitPoint(x, "mlp.in", [`${path}.input`, `${path}.c_fc.input`]);
    const first = spread(t, into, `${path}.c_fc`, inner, [units]);
    const pre = t.point(first, "mlp.pre", {
      axes: residualAxes,
      alias: [`${path}.c_fc`, `${path}.act.input`],
      split,
    });
    const active = t.point(act(pre), "mlp.hidden", {
      axes: residualAxes,
      alias: [`${path}.act`, `${path}.c_proj.input`],
      split,
    });
    return gatherBack(t, active, `${path}.c_proj`, inner, units, "out");
  }

  function unembed(t: Trace, residual: Value, select?: Value): Value {
    const path = `${base}.ln_f`;
    const normed = t.unitPoint(norm(t, residual, path), "norm", [path, base, "lm_head.input"]);
    const head = c.tie_word_embeddings ? `${base}.wte.weight` : "lm_head.weight";
    const weight = t.weights.rows(head, [c.vocab_size, hidden], t.share(c.vocab_size));
    const logits = t.spread(select ? normed.gatherPositions(select) : normed).linear(weight);
    return t.point(logits, "logits", {
      axes: logitAxes,
      alias: "lm_head",
      split: { axis: 2, whole: c.vocab_size },
    });
  }

  const rotaryWhy =
    "gpt2 adds learned positions to the embedding and rotates nothing: its scores are of attention.q and attention.k";
  return {
    dimensions: {
      layers: c.n_layer,
      hidden,
      heads: c.n_head,
      keyValueHeads: c.n_head,
      headSize,
      inner,
      vocabulary: c.vocab_size,
      maxPositions: c.n_positions,
    },
    basePrefix: "transformer.",
    tied: c.tie_word_embeddings ? { "lm_head.weight": `${base}.wte.weight` } : {},
    ignorable: c.tie_word_embeddings ? [/^lm_head\.weight$/] : [],
    buffers: maskBuffers(Array.from({ length: c.n_layer }, (_, n) => `${base}.h.${n}.attn`)),
    embed,
    layer,
    unembed,
    absent: {
      "attention.qRotary": rotaryWhy,
      "attention.kRotary": rotaryWhy,
      ...fusedAbsent("c_attn"),
      ...gateAbsent(),
      ...headAbsent(true),
    },
  };
}

/**
 * Write the ONNX models that the library makes of every golden checkpoint, each beside the weights it refers to: plain stages,
 * with a cache, with edits, and with gradients: `models.mjs CHECKPOINTS OUT`. Needs the built library.
 */
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { allRows } from "../../kernel/dist/graph/gather.js";
import { applyEdit } from "../../kernel/dist/hooks/apply.js";
import { buildStage } from "../../kernel/dist/models/build.js";
import { openModel } from "../../kernel/dist/models/model.js";

const [checkpoints, out] = process.argv.slice(2);

/** Layers [from, to) on one of `size` tensor ranks. */
const stage = ({ layers, from = 0, to = layers, rank = 0, size = 1, cache = false }) => ({
  layers: { from, to },
  embeds: from === 0,
  unembeds: to === layers,
  tensor: { rank, size },
  cache,
});

/** Interventions that need nothing fed, a region, a tensor, and whole values of all ranks and rows. */
const edits = new Map(
  [
    ["embedding", { kind: "zero" }, [{ axis: 1, entries: { kind: "indices", indices: [0] } }]],
    ["layers.0.attention.pattern", { kind: "scale", factor: 0.5 }],
    ["layers.0.residual.out", { kind: "mean", over: ["batch", "position"] }],
    ["layers.1.mlp.hidden", { kind: "project", direction: "unit", part: "across" }],
  ].map(([point, intervention, slices = []], at) => [
    point,
    { key: `edit${at}`, point, intervention, slices },
  ]),
);

function edit(value, point, place) {
  const placed = edits.get(point.name);
  if (placed === undefined) return value;
  const { intervention } = placed;
  if (intervention.direction === undefined) return applyEdit(value, point, place, placed);
  const units = point.shape.at(-1);
  const direction = { shape: [units], data: new Float32Array(units).fill(1) };
  return applyEdit(value, point, place, { ...placed, intervention: { ...intervention, direction } });
}

/** The gradient of the logits' mean log-probability, at every hook point and weight. */
const gradientOf = (model, activations) => ({
  readout: {
    reads: [],
    sizes: { batch: 2, [allRows]: 2, position: 5, selected: 5 },
    compute: (_, values) => ({ loss: values.get("logits").logSoftmax().mean([0, 1, 2]) }),
  },
  gradient: {
    parameters: new Set(model.parameters.keys()),
    activations,
    boundary: [],
    separate: new Set(),
    edit: undefined,
  },
});

let count = 0;
for (const entry of readdirSync(checkpoints, { withFileTypes: true })) {
  if (!entry.isDirectory()) continue;
  const model = await openModel(join(checkpoints, entry.name));
  const { layers } = model.dimensions;
  const whole = stage({ layers });
  const ranks = [0, 1].map((rank) => stage({ layers, rank, size: 2 }));
  const [save, recompute] = ["save", "recompute"].map((activations) => gradientOf(model, activations));
  const specs = {
    whole: [whole],
    "stage-0": [stage({ layers, to: 1 })],
    "stage-1": [stage({ layers, from: 1 })],
    "tensor-0": [ranks[0]],
    "tensor-1": [ranks[1]],
    cache: [stage({ layers, cache: true })],
    "cache-tensor-1": [stage({ layers, rank: 1, size: 2, cache: true })],
    edited: [whole, { edit }],
    "edited-tensor-1": [ranks[1], { edit }],
    backward: [whole, save],
    "backward-recompute": [whole, recompute],
    "backward-tensor-1": [ranks[1], save],
    "backward-edited": [whole, { edit, ...save }],
  };
  // External data must lie beside the model that names it.
  const folder = join(out, entry.name);
  mkdirSync(out, { recursive: true });
  cpSync(join(checkpoints, entry.name), folder, { recursive: true });
  const plain = buildStage(model, whole).segments.length;
  for (const [name, [spec, additions]] of Object.entries(specs)) {
    const { segments } = buildStage(model, spec, additions);
    if (additions?.gradient && segments.length <= plain)
      throw new Error(`${entry.name} ${name}: nothing goes backward`);
    for (const [at, segment] of segments.entries()) {
      writeFileSync(join(folder, `${name}.${at}.${segment.name}.onnx`), segment.model);
      count++;
    }
  }
}
console.log(`${count} models written`);

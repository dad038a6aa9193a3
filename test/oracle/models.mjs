/**
 * Write the ONNX models that the library makes of every golden checkpoint, each beside the weights it refers to:
 * `models.mjs CHECKPOINTS OUT`. Needs the built library.
 */
import { cpSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildStage } from "../../kernel/dist/models/build.js";
import { openModel } from "../../kernel/dist/models/model.js";

const [checkpoints, out] = process.argv.slice(2);
let count = 0;
for (const entry of readdirSync(checkpoints, { withFileTypes: true })) {
  if (!entry.isDirectory()) continue;
  const model = await openModel(join(checkpoints, entry.name));
  const { layers } = model.dimensions;
  const specs = {
    whole: { layers: { from: 0, to: layers }, embeds: true, unembeds: true, tensor: { rank: 0, size: 1 } },
    "stage-0": { layers: { from: 0, to: 1 }, embeds: true, unembeds: false, tensor: { rank: 0, size: 1 } },
    "stage-1": {
      layers: { from: 1, to: layers },
      embeds: false,
      unembeds: true,
      tensor: { rank: 0, size: 1 },
    },
    "tensor-0": {
      layers: { from: 0, to: layers },
      embeds: true,
      unembeds: true,
      tensor: { rank: 0, size: 2 },
    },
    "tensor-1": {
      layers: { from: 0, to: layers },
      embeds: true,
      unembeds: true,
      tensor: { rank: 1, size: 2 },
    },
  };
  // External data must lie beside the model that names it.
  const folder = join(out, entry.name);
  mkdirSync(out, { recursive: true });
  cpSync(join(checkpoints, entry.name), folder, { recursive: true });
  for (const [name, spec] of Object.entries(specs)) {
    for (const segment of buildStage(model, spec).segments) {
      writeFileSync(join(folder, `${name}.${segment.name}.onnx`), segment.model);
      count++;
    }
  }
}
console.log(`${count} models written`);

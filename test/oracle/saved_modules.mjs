/**
 * Save modules as the library does, for Python to read and to train on: `saved_modules.mjs CHECKPOINTS OUT`. Writes
 * OUT/NAME.safetensors, a linear probe and a small MLP as they begin for each model, and OUT/known.safetensors. Needs the built library.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { affineMap, linearProbe, saveModules, smallMlp } from "../../kernel/dist/index.js";

const [checkpoints, out] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
for (const name of ["galactica", "llama-grouped", "gpt2"]) {
  const config = JSON.parse(readFileSync(join(checkpoints, name, "config.json"), "utf8"));
  const units = config.hidden_size ?? config.n_embd;
  saveModules(join(out, `${name}.safetensors`), {
    probe: linearProbe(units, 3, 43),
    mlp: smallMlp(units, 8, 3, 44),
  });
}

// Values that Python knows without reading them anywhere: eighths, counted on over all tensors.
let next = -20;
const counted = (tensors) =>
  Object.fromEntries(
    Object.entries(tensors).map(([name, { shape, data }]) => [
      name,
      { shape, data: data.map(() => next++ / 8) },
    ]),
  );
saveModules(join(out, "known.safetensors"), {
  "layers.0": counted(affineMap(4)),
  mlp: counted(smallMlp(4, 3, 2)),
  probe: counted(linearProbe(5, 2)),
});

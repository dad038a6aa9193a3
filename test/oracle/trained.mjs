/**
 * Train small models, write them as checkpoints, and write the logits that they give here beside them, for
 * transformers to look at: `trained.mjs OUT`. Needs the built library.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onnxruntime, plainly } from "../../kernel/dist/engine/runtime/runtime.js";
import { encodeModel } from "../../kernel/dist/graph/onnx.js";
import { whole } from "../../kernel/dist/graph/whole.js";
import { traceStage } from "../../kernel/dist/models/build.js";
import { prepareInputs } from "../../kernel/dist/models/inputs.js";
import { openModel } from "../../kernel/dist/models/model.js";
import { openTokenizer } from "../../kernel/dist/models/tokenizer/index.js";
import { writeSafetensors } from "../../kernel/dist/models/checkpoint/writeSafetensors.js";
import { smallConfig } from "../../kernel/dist/tuning/training/smallConfig.js";
import { train } from "../../kernel/dist/tuning/training/train.js";
import { writeCheckpoint } from "../../kernel/dist/tuning/training/writeCheckpoint.js";

const [out] = process.argv.slice(2);
const words = "the a cat dog river garden saw knew and , .".split(" ");
const text = "The cat saw the river, and a dog knew the garden. Nobody saw.";
const vocabulary = words.length + 4;

for (const family of ["opt", "llama"]) {
  const folder = join(out, family);
  const config = smallConfig({
    family,
    vocabulary,
    layers: 2,
    hidden: 16,
    heads: 2,
    inner: 24,
    positions: 32,
    deviation: 0.25,
  });
  const recipe = {
    config,
    seed: 5,
    steps: 20,
    optimiser: { kind: "adamW", learningRate: 0.01 },
    schedule: { kind: "constant" },
  };
  const source = (_, random) => ({
    rows: Array.from({ length: 4 }, () =>
      Array.from({ length: 12 }, () => Math.floor(random() * vocabulary)),
    ),
  });
  const { parameters } = await train(recipe, source, { label: family });
  writeCheckpoint(folder, { config, parameters, words });

  const model = await openModel(folder);
  const spec = { layers: { from: 0, to: 2 }, embeds: true, unembeds: true, tensor: { rank: 0, size: 1 } };
  const { graph, result } = traceStage(model.blueprint, spec, model.weight);
  const alone = onnxruntime({ threads: 1, spin: false, shared: false });
  const encoded = encodeModel(whole(graph, [result], family), folder);
  const session = await alone.load(encoded, { ...plainly, weightFolder: folder });
  const rows = source(0, Math.random).rows;
  const { tokens, positions, mask, select } = prepareInputs(rows, "all");
  const i64 = (feed) => ({ dtype: "i64", ...feed });
  const feeds = { tokens: i64(tokens), positions: i64(positions), mask: { dtype: "f32", ...mask } };
  const results = await session.run(new Map(Object.entries({ ...feeds, select: i64(select) })), [
    result.name,
  ]);
  const { shape, data } = results.get(result.name);
  mkdirSync(folder, { recursive: true });
  writeSafetensors(join(out, `${family}.safetensors`), [{ name: "logits", shape, data: data.slice() }]);
  const { ids } = await (await openTokenizer(folder)).encode(text);
  writeFileSync(join(out, `${family}.json`), JSON.stringify({ rows, text, ids }));
}

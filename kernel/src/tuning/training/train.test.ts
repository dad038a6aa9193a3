import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { onnxruntime, plainly } from "../../engine/runtime/runtime.js";
import type { Tensor } from "../../graph/tensor.js";
import type { JsonObject } from "../../models/checkpoint/checkpoint.js";
import { goldens } from "../../models/checkpoint/goldens.fixture.js";
import { readTensor } from "../../models/checkpoint/read.js";
import { readSafetensors } from "../../models/checkpoint/safetensors.js";
import { openModel } from "../../models/model.js";
import { feedsOf } from "./batch.js";
import type { Batch } from "./batch.js";
import { initialise } from "./initialise.js";
import { stepGraph } from "./stepGraph.js";
import { train } from "./train.js";

interface Golden {
  readonly batches: readonly Required<Batch>[];
  readonly losses: readonly number[];
  readonly initial: Readonly<
    Record<string, { shape: number[]; constant: number | null; zeroRows: number[] }>
  > & { deviation: number };
}

const names = ["opt", "llama-grouped"] as const;
const golden = (name: string) =>
  JSON.parse(readFileSync(join(goldens, "training", `${name}.json`), "utf8")) as Golden;
const config = (name: string) =>
  JSON.parse(readFileSync(join(goldens, "checkpoints", name, "config.json"), "utf8")) as JsonObject;

/** The checkpoint's weights in float32, by the names that its equations ask for. */
async function weightsOf(name: string) {
  const model = await openModel(join(goldens, "checkpoints", name));
  return Promise.all(
    initialise(config(name), 0).map(async ({ name, shape }) => ({
      name,
      shape,
      data: await readTensor(model.weight(name, shape)),
    })),
  );
}

const recipeOf = (name: string) => ({
  config: config(name),
  seed: 7,
  steps: 20,
  optimiser: { kind: "adamW", learningRate: 3e-3, weightDecay: 0.05 } as const,
  schedule: { kind: "linear", warmup: 4 } as const,
  clip: 1,
});

test.each(names)("%s: one run gives PyTorch's gradient of every parameter", async (name) => {
  const weights = await weightsOf(name);
  const graph = stepGraph(config(name));
  const feeds = feedsOf(golden(name).batches[0]!, config(name)["vocab_size"] as number);
  const inputs = weights.map(({ name, shape, data }): [string, Tensor] => [
    name,
    { dtype: "f32", shape, data },
  ]);
  const model = await onnxruntime({ threads: 1, spin: false, shared: false }).load(graph.model, plainly);
  const results = await model.run(new Map([...feeds, ...inputs]), [graph.loss, ...graph.gradients.values()]);
  await model.release();
  expect(results.get(graph.loss)!.data[0]).toBeCloseTo(golden(name).losses[0]!, 5);
  const expected = await readSafetensors(join(goldens, "training", `${name}.safetensors`));
  expect(expected.map((tensor) => tensor.name).sort()).toEqual([...graph.gradients.keys()].sort());
  const wanted = new Map(
    await Promise.all(expected.map(async (tensor) => [tensor.name, await readTensor(tensor)] as const)),
  );
  const whole = Math.hypot(...[...wanted.values()].map((data) => Math.hypot(...data)));
  for (const [parameter, value] of graph.gradients) {
    const got = results.get(value)!.data as Float32Array;
    const slope = wanted.get(parameter)!;
    const error = Math.hypot(...slope.map((x, i) => x - got[i]!));
    // A key's bias moves all scores of a query alike: its true gradient is zero, and both have rounding only.
    const norm = Math.max(Math.hypot(...slope), 1e-3 * whole);
    expect(error / norm, parameter).toBeLessThan(1e-5);
  }
});

test.each(names)("%s: 20 steps have PyTorch's losses", async (name) => {
  const { batches, losses } = golden(name);
  const trained = await train(recipeOf(name), (step) => batches[step]!, { from: await weightsOf(name) });
  trained.losses.forEach((loss, step) =>
    expect(Math.abs(loss - losses[step]!), `${step}`).toBeLessThan(1e-4),
  );
  const frozen = await train(
    { ...recipeOf(name), optimiser: { kind: "sgd", learningRate: 0 } },
    (s) => batches[s]!,
    {
      from: await weightsOf(name),
    },
  );
  expect(Math.abs(frozen.losses[19]! - losses[19]!)).toBeGreaterThan(1e-2);
});

test.each(names)("%s: new weights are drawn as transformers draws them", (name) => {
  const { deviation, ...expected } = golden(name).initial;
  const drawn = initialise({ ...config(name), vocab_size: 4096 }, 1);
  expect(drawn.map((tensor) => tensor.name).sort()).toEqual(Object.keys(expected).sort());
  for (const { name: parameter, shape, data } of drawn) {
    const { constant, zeroRows, shape: wanted } = expected[parameter]!;
    expect(shape, parameter).toEqual(wanted);
    if (constant !== null) {
      expect(new Set(data), parameter).toEqual(new Set([constant]));
      continue;
    }
    const width = data.length / shape[0]!;
    const zero = Array.from({ length: shape[0]! }, (_, row) => row).filter((row) =>
      data.subarray(row * width, (row + 1) * width).every((x) => x === 0),
    );
    expect(zero, parameter).toEqual(zeroRows);
    const mean = data.reduce((so, x) => so + x, 0) / data.length;
    const spread = Math.hypot(...data.subarray(0, 50_000)) / Math.sqrt(Math.min(data.length, 50_000));
    // Four standard errors of what is estimated.
    expect(Math.abs(spread / deviation - 1), parameter).toBeLessThan(4 / Math.sqrt(2 * data.length) + 0.01);
    expect(Math.abs(mean), parameter).toBeLessThan((4 * deviation) / Math.sqrt(data.length));
  }
});

test("one seed gives one model, another another, and an interrupt ends the training", async () => {
  const recipe = { ...recipeOf("opt"), steps: 4 };
  const vocabulary = config("opt")["vocab_size"] as number;
  const source = (_: number, random: () => number): Batch => ({
    rows: [Array.from({ length: 9 }, () => Math.floor(random() * vocabulary))],
  });
  const [one, again, other] = [
    await train(recipe, source),
    await train(recipe, source),
    await train({ ...recipe, seed: 8 }, source),
  ];
  expect(again).toEqual(one);
  expect(other.losses).not.toEqual(one!.losses);

  const abort = new AbortController();
  const stopping = train(
    { ...recipe, steps: 1000 },
    (step, random) => {
      if (step === 3) abort.abort();
      return source(step, random);
    },
    { signal: abort.signal, label: "a model" },
  );
  await expect(stopping).rejects.toThrow("training a model cancelled");
});

test("what cannot be learnt from is refused in one line", async () => {
  const run = (batch: Batch) => train({ ...recipeOf("opt"), steps: 1 }, () => batch);
  await expect(run({ rows: [[5]] })).rejects.toThrow("row 0 of a batch has 1 tokens: a prediction needs two");
  await expect(run({ rows: [[5, 1e6]] })).rejects.toThrow(
    "token 1000000 in row 0 of a batch: the vocabulary has",
  );
  await expect(run({ rows: [[5, 6]], weights: [[1, 1]] })).rejects.toThrow(
    "row 0 of a batch has 1 predictions and 2 weights",
  );
  await expect(run({ rows: [[5, 6]], weights: [[0]] })).rejects.toThrow("there is nothing to learn");
  expect(() => initialise(config("gpt2"), 1)).toThrow("a new gpt2 cannot be drawn: supported are opt, llama");
});

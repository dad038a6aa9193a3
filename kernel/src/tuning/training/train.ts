import { setImmediate as turn } from "node:timers/promises";
import { progress } from "../../display/progress.js";
import { onnxruntime, plainly } from "../../engine/runtime/runtime.js";
import type { Tensor } from "../../graph/tensor.js";
import { readArchitecture } from "../../models/architectures.js";
import type { JsonObject } from "../../models/checkpoint/checkpoint.js";
import type { NamedTensor } from "../../models/checkpoint/writeSafetensors.js";
import { CancelledError } from "../../session/cancelled.js";
import { cancelSignal } from "../../session/host.js";
import { randomNumbers } from "../../session/sampling.js";
import type { OptimiserOptions } from "../optimisers/optimiser.js";
import type { Schedule } from "../optimisers/schedule.js";
import { feedsOf } from "./batch.js";
import type { BatchSource } from "./batch.js";
import { Descent } from "./descent.js";
import { initialise } from "./initialise.js";
import { stepGraph } from "./stepGraph.js";

/** Everything that decides what a training gives, as data. */
export interface TrainingRecipe {
  /** A Hugging Face `config.json` of an OPT or a LLaMA. */
  readonly config: JsonObject;
  /** Of the first weights and of the batches; 0 to 2³² − 1. */
  readonly seed: number;
  readonly steps: number;
  readonly optimiser: OptimiserOptions;
  readonly schedule: Schedule;
  /** Largest norm of all gradients together; not clipped unless given. */
  readonly clip?: number;
}

/** How a training runs, beside its recipe, which says what comes out. */
export interface TrainOptions {
  /** What the progress bar calls the model. */
  readonly label?: string;
  /** Threads of onnxruntime; with 1, as unless given, equal recipes give equal bytes. */
  readonly threads?: number;
  /** Weights to begin with instead of new ones; they are left as they are. */
  readonly from?: readonly NamedTensor[];
  readonly signal?: AbortSignal;
}

/** A trained model's weights, and how its loss went. */
export interface Trained {
  readonly parameters: readonly NamedTensor[];
  /** Mean next-token cross-entropy of each step's batch, before the step, in nats. */
  readonly losses: readonly number[];
}

/**
 * Train a small model from scratch in this process: forward pass, loss and all gradients are one run of one graph.
 * Shows a progress bar with the seed. Throws `CancelledError` when `signal`, or the interrupt of the running cell,
 * comes first, and one line when the loss is no longer finite.
 */
export async function train(
  recipe: TrainingRecipe,
  source: BatchSource,
  { label = "model", threads = 1, from, signal }: TrainOptions = {},
): Promise<Trained> {
  const { config, seed, steps, schedule, clip } = recipe;
  if (!Number.isInteger(steps) || steps < 1) throw new Error(`steps ${steps}: must be 1 or more`);
  const { vocabulary } = readArchitecture(config).blueprint.dimensions;
  const parameters = begin(config, seed, from);
  const { optimiser } = recipe;
  const descent = new Descent(parameters, { optimiser, schedule, total: steps, clip });
  const random = randomNumbers(seed, 1);
  const cancel = cancelSignal(signal);

  const graph = stepGraph(config);
  const weights = parameters.map(({ name, shape, data }): [string, Tensor] => [
    name,
    { dtype: "f32", shape, data },
  ]);
  const fetches = [graph.loss, ...graph.gradients.values()];
  const runtime = onnxruntime({ threads, spin: threads > 1, shared: false });
  const model = await runtime.load(graph.model, plainly);
  const bar = progress(steps, `training ${label}, seed ${seed}`);
  const losses: number[] = [];
  try {
    for (let step = 0; step < steps; step++) {
      // The run blocks this thread; an interrupt is heard in between.
      await turn();
      if (cancel?.aborted) throw new CancelledError(`training ${label}`);
      const feeds = feedsOf(source(step, random), vocabulary);
      const results = await model.run(new Map([...feeds, ...weights]), fetches);
      const loss = results.get(graph.loss)!.data[0] as number;
      const gradients = new Map(
        [...graph.gradients].map(([name, value]) => [name, results.get(value)!.data as Float32Array]),
      );
      descent.follow(step, loss, gradients);
      losses.push(loss);
      bar.advance(1, `loss ${loss.toFixed(3)}`);
    }
  } finally {
    bar.finish();
    await model.release();
  }
  return { parameters, losses };
}

/** New weights, or copies of given ones, which must be all of the config's. */
function begin(config: JsonObject, seed: number, from: readonly NamedTensor[] | undefined): NamedTensor[] {
  const fresh = initialise(config, seed);
  if (from === undefined) return fresh;
  return fresh.map(({ name, shape }) => {
    const given = from.find((tensor) => tensor.name === name);
    if (given === undefined) throw new Error(`no weight "${name}" [${shape.join(", ")}] to begin with`);
    if (given.shape.join() !== shape.join())
      throw new Error(`weight "${name}" is [${given.shape.join(", ")}], not [${shape.join(", ")}]`);
    return { name, shape, data: given.data.slice() };
  });
}

import { gradient } from "../../graph/gradient.js";
import { encodeModel } from "../../graph/onnx.js";
import type { Value } from "../../graph/value.js";
import { whole } from "../../graph/whole.js";
import { readArchitecture } from "../../models/architectures.js";
import { traceStage } from "../../models/build.js";
import type { JsonObject } from "../../models/checkpoint/checkpoint.js";

/** One training step as one model: what it is fed beside the weights, and what it hands out. */
export interface StepGraph {
  /** ONNX ModelProto. */
  readonly model: Uint8Array;
  /** Name of the loss, a scalar. */
  readonly loss: string;
  /** Parameter → name of the value that holds its gradient. */
  readonly gradients: ReadonlyMap<string, string>;
}

/**
 * Forward pass, loss and the gradient of every parameter of a model, with the parameters as inputs by their names.
 * Further inputs are those of a stage (`prepareInputs`), `targets` [batch, selected] int64, and `shares`
 * [batch, selected], each prediction's share in the loss: Σ share · −log p(target).
 */
export function stepGraph(config: JsonObject): StepGraph {
  const { blueprint } = readArchitecture(config);
  const parameters = new Map<string, Value>();
  const { layers } = blueprint.dimensions;
  const all = { layers: { from: 0, to: layers }, embeds: true, unembeds: true, tensor: { rank: 0, size: 1 } };
  const { graph, result: logits } = traceStage(blueprint, all, () => "fed");
  for (const input of graph.inputs) if (!fedByStage.has(input.name)) parameters.set(input.name, input);

  graph.begin("loss");
  const targets = graph.input("targets", "i64", ["batch", "selected"]);
  const shares = graph.input("shares", "f32", ["batch", "selected"]);
  const logProbability = logits.logSoftmax().pick(targets.unsqueeze(2));
  const loss = logProbability.mul(shares.unsqueeze(2)).sum([0, 1, 2]).neg();

  const names = [...parameters.keys()];
  const found = gradient(graph, new Map([[loss, graph.scalar(1)]]), [...parameters.values()]);
  const slopes = found.map((value, i) => {
    if (value === undefined) throw new Error(`the loss does not depend on "${names[i]}"`);
    return value;
  });
  return {
    model: encodeModel(whole(graph, [loss, ...slopes], "step"), "/"),
    loss: loss.name,
    gradients: new Map(names.map((name, i) => [name, slopes[i]!.name])),
  };
}

const fedByStage = new Set(["tokens", "positions", "mask", "select"]);

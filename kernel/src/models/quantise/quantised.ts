import type { Blueprint } from "../architecture.js";
import { traceStage, wholeModel } from "../build.js";
import type { StoredTensor } from "../checkpoint/checkpoint.js";
import { withWeights, type Model } from "../model.js";

/** How linear weights can be held: `int8`, as `quantiseInt8` makes it. */
export type Quantisation = "int8";
export const quantisations = ["int8"] as const satisfies readonly Quantisation[];

/** How a model's linear weights are held, and the file that holds them. */
export interface QuantisedFile {
  readonly rule: Quantisation;
  /** Absolute path without symbolic links, which onnxruntime refuses. */
  readonly file: string;
}

/** Parts of a file begin at multiples of this many bytes, as wide loads like it. */
const alignment = 64;

/**
 * The model with the linear weights of its decoder layers in int8, as they lie in a file that `writeQuantised` makes;
 * whatever else it reads stays in the checkpoint. Nothing is read: the file need not be there yet.
 */
export function quantised(model: Model, { rule, file }: QuantisedFile): Model {
  let end = 0;
  const place = (bytes: number): number => {
    const offset = end;
    end = Math.ceil((offset + bytes) / alignment) * alignment;
    return offset;
  };
  const held = new Map<string, StoredTensor>();
  for (const [name, axis] of outputChannels(model.blueprint)) {
    const { shape } = model.parameters.get(name)!;
    const [bytes, scaleBytes] = [shape[0]! * shape[1]!, shape[axis]! * 4];
    const offset = place(bytes);
    const scales = { axis, offset: place(scaleBytes), bytes: scaleBytes };
    held.set(name, { name, dtype: "i8", shape, file, offset, bytes, scales });
  }
  const weight: Model["weight"] = (name, shape) => held.get(name) ?? model.weight(name, shape);
  return { ...withWeights(model, weight), quantise: rule };
}

/** The weights that a decoder layer multiplies with, by name, and which axis of each counts its output channels. */
export function outputChannels(blueprint: Blueprint): Map<string, 0 | 1> {
  const layers = { ...wholeModel(blueprint), embeds: false, unembeds: false };
  const { graph, parameters } = traceStage(blueprint, layers, (name, shape) => {
    return { name, shape, dtype: "f32", file: "", offset: 0, bytes: 0 };
  });
  const names = new Map(parameters.map(({ name, value }) => [value, name]));
  const found = new Map<string, 0 | 1>();
  for (const { op, inputs, attributes } of graph.nodes) {
    const name = op === "Gemm" && inputs[1] ? names.get(inputs[1]) : undefined;
    if (name === undefined) continue;
    const { transB } = attributes;
    found.set(name, transB?.kind === "int" && transB.value === 1 ? 0 : 1);
  }
  return found;
}

import type { StoredTensor } from "../checkpoint/checkpoint.js";
import { withWeights, type Model } from "../model.js";
import { outputChannels } from "./channels.js";

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
 * whatever else it reads stays in the checkpoint. Nothing is read: the file need not be there yet. A checkpoint that is
 * in int8 itself stays as it is.
 */
export function quantised(model: Model, { rule, file }: QuantisedFile): Model {
  if (model.quantise === rule) return model;
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
    const scales = { axis, file, offset: place(scaleBytes), bytes: scaleBytes, over: 1 };
    held.set(name, { name, dtype: "i8", shape, file, offset, bytes, scales });
  }
  const weight: Model["weight"] = (name, shape) => held.get(name) ?? model.weight(name, shape);
  return { ...withWeights(model, weight), quantise: rule };
}

import { elementBytes } from "../graph/dtype.js";
import { elementCount } from "../graph/rowMajor.js";
import type { Model } from "./model.js";

/** A weight that stands in a file of its own instead of the checkpoint's: whole, row-major float32, nothing else. */
export interface Overlay {
  /** Hugging Face name. */
  readonly name: string;
  readonly file: string;
}

/** The model with some weights read elsewhere. Throws one line when it has no weight of such a name. */
export function overlay(model: Model, weights: readonly Overlay[]): Model {
  if (weights.length === 0) return model;
  const files = new Map(weights.map(({ name, file }) => [name, file]));
  const foreign = weights.find(({ name }) => !model.parameters.has(name));
  if (foreign !== undefined) throw new Error(`no parameter "${foreign.name}"`);
  return {
    ...model,
    weight: (name, shape) => {
      const stored = model.weight(name, shape);
      const file = files.get(name);
      if (file === undefined) return stored;
      const { name: own, shape: whole } = stored;
      const bytes = elementCount(whole) * elementBytes.f32;
      return { name: own, shape: whole, dtype: "f32", file, offset: 0, bytes };
    },
  };
}

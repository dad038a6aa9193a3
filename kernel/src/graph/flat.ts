import type { Cut } from "./cut.js";
import type { Value } from "./value.js";

/** A size at run time: known, or that of an axis of one of the segment's inputs. */
export type Size = number | { readonly input: string; readonly axis: number };

/** What leaves a segment in the place of a value: the same numbers, which are then given the value's shape. */
export interface Flat {
  readonly value: Value;
  readonly shape: readonly Size[];
}

/**
 * The values of a segment that leave it as what they were reshaped from. Within a graph onnxruntime reshapes in place, but it
 * copies what leaves: the logits of 8×64 tokens of OPT-125M for 9 ms. A value whose sizes no input has leaves as it is.
 */
export function flatten({ nodes, inputs, outputs, points, exchange }: Cut): Map<Value, Flat> {
  const leaving = new Set([...outputs, ...points.values(), ...(exchange ? [exchange.value] : [])]);
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const sizes = new Map<string, Size>();
  for (const { name, shape } of inputs)
    for (const [axis, dim] of shape.entries())
      if (typeof dim === "string" && !sizes.has(dim)) sizes.set(dim, { input: name, axis });
  const flat = new Map<Value, Flat>();
  for (const { op, inputs: read, outputs: gives } of nodes) {
    const [value, reshaped] = [read[0], gives[0]];
    if (op !== "Reshape" || !value || !reshaped || !leaving.has(reshaped) || !made.has(value)) continue;
    const shape = reshaped.shape.map((dim) => (typeof dim === "number" ? dim : sizes.get(dim)));
    if (shape.every((size) => size !== undefined)) flat.set(reshaped, { value, shape });
  }
  return flat;
}

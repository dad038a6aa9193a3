import type { Cut } from "./cut.js";
import type { Value } from "./value.js";

/** A size at run time: known, or that of an axis of one of the segment's inputs. */
export type Size = number | { readonly input: string; readonly axis: number };

/** How a value leaves its segment. */
export interface Leaving {
  /** What leaves in its place: itself, or the matrix that it was reshaped from. */
  readonly as: Value;
  /** Its own shape; undefined where it has a size that no input has. */
  readonly shape: readonly Size[] | undefined;
}

/**
 * What leaves a segment, in program order. A matrix that was given another shape leaves as it was before: within a graph
 * onnxruntime reshapes in place, but it copies what leaves, the logits of 8×64 tokens of OPT-125M for 9 ms. Whoever runs the segment
 * gives it its shape.
 */
export function leavingOf({ nodes, inputs, outputs, points, exchange }: Cut): Map<Value, Leaving> {
  const leaving = new Set([...outputs, ...points.values(), ...(exchange ? [exchange.value] : [])]);
  const made = new Set(nodes.flatMap((node) => node.outputs));
  const sizes = new Map<string, Size>();
  for (const { name, shape } of inputs)
    for (const [axis, dim] of shape.entries())
      if (typeof dim === "string" && !sizes.has(dim)) sizes.set(dim, { input: name, axis });
  const shapeOf = (value: Value): readonly Size[] | undefined => {
    const shape = value.shape.map((dim) => (typeof dim === "number" ? dim : sizes.get(dim)));
    return shape.every((size) => size !== undefined) ? shape : undefined;
  };
  return new Map(
    nodes.flatMap(({ op, inputs: [read], outputs: gives }) =>
      gives
        .filter((value) => leaving.has(value))
        .map((value): [Value, Leaving] => {
          const shape = shapeOf(value);
          const isMatrix = op === "Reshape" && read?.shape.length === 2 && made.has(read);
          return [value, { as: isMatrix && shape !== undefined ? read : value, shape }];
        }),
    ),
  );
}

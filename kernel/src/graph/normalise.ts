import { normalAxis, ShapeError } from "./shape.js";
import type { Value } from "./value.js";

export function softmax(x: Value, axis: number): Value {
  normalAxis("softmax", x.shape, axis);
  return x.graph.apply("Softmax", [x], x.dtype, x.shape, { axis: { kind: "int", value: axis } });
}

export function layerNorm(
  x: Value,
  scale: Value | undefined,
  shift: Value | undefined,
  epsilon: number,
): Value {
  const units = x.shape.at(-1);
  for (const parameter of [scale, shift]) {
    if (parameter && (parameter.shape.length !== 1 || parameter.shape[0] !== units)) {
      throw new ShapeError("layer norm", [x.shape, parameter.shape], `expected [${units}]`);
    }
  }
  // The operator requires a scale; a norm without parameters scales by one.
  const ones = () => x.graph.floats([units as number], new Float32Array(units as number).fill(1));
  return x.graph.apply("LayerNormalization", [x, scale ?? ones(), shift], x.dtype, x.shape, {
    axis: { kind: "int", value: -1 },
    epsilon: { kind: "float", value: epsilon },
  });
}

export function rmsNorm(x: Value, scale: Value, epsilon: number): Value {
  if (scale.shape.length !== 1 || scale.shape[0] !== x.shape.at(-1)) {
    throw new ShapeError("rms norm", [x.shape, scale.shape], `expected [${x.shape.at(-1)}]`);
  }
  const meanSquare = x.graph.apply(
    "ReduceMean",
    [x.mul(x), x.graph.integers([-1])],
    x.dtype,
    [...x.shape.slice(0, -1), 1],
    { keepdims: { kind: "int", value: 1 } },
  );
  return x.div(meanSquare.add(epsilon).sqrt()).mul(scale);
}

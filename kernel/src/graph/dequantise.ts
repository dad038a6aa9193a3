import { normalAxis, ShapeError } from "./shape.js";
import type { Value } from "./value.js";

/**
 * int8 times one float32 scale for each entry of an axis: scales are [size of that axis]. Without derivative: what is
 * held so does not move.
 */
export function dequantise(x: Value, scales: Value, axis: number): Value {
  const at = normalAxis("dequantise", x.shape, axis);
  if (x.dtype !== "i8" || scales.dtype !== "f32")
    throw new Error(`dequantise of ${x.dtype} by ${scales.dtype}: values must be i8 and scales f32`);
  if (scales.shape.length !== 1 || scales.shape[0] !== x.shape[at])
    throw new ShapeError("dequantise", [x.shape, scales.shape], `axis ${at} needs ${x.shape[at]} scales`);
  return x.graph.apply("DequantizeLinear", [x, scales], "f32", x.shape, {
    axis: { kind: "int", value: at },
  });
}

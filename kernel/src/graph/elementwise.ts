import type { DType } from "./dtype.js";
import { broadcast } from "./shape.js";
import type { Operand, Value } from "./value.js";

type Unary = "Neg" | "Sqrt" | "Cos" | "Sin" | "Relu" | "Sigmoid";
type Binary = "Add" | "Sub" | "Mul" | "Div";

export function unary(op: Unary, x: Value): Value {
  return x.graph.apply(op, [x], x.dtype, x.shape);
}

export function binary(op: Binary, x: Value, other: Operand): Value {
  const y = typeof other === "number" ? x.graph.scalar(other) : other;
  if (x.dtype !== y.dtype) {
    throw new Error(`${op.toLowerCase()} of ${x.dtype} and ${y.dtype}: cast one of them first`);
  }
  return x.graph.apply(op, [x, y], x.dtype, broadcast(op.toLowerCase(), x.shape, y.shape));
}

export function gelu(x: Value, approximate: "none" | "tanh"): Value {
  return x.graph.apply("Gelu", [x], x.dtype, x.shape, {
    approximate: { kind: "string", value: approximate },
  });
}

export function cast(x: Value, dtype: DType): Value {
  if (x.dtype === dtype) return x;
  return x.graph.apply("Cast", [x], dtype, x.shape, { to: { kind: "int", value: onnxTypes[dtype] } });
}

/** TensorProto.DataType of the ONNX specification. */
export const onnxTypes: Readonly<Record<DType, number>> = {
  f32: 1,
  u8: 2,
  i8: 3,
  i32: 6,
  i64: 7,
  bool: 9,
  f16: 10,
  f64: 11,
  bf16: 16,
};

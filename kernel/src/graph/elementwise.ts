import type { Backward } from "./backward.js";
import { single, sumTo } from "./backward.js";
import type { DType } from "./dtype.js";
import { broadcast, printShape } from "./shape.js";
import type { Operand, Value } from "./value.js";

type Unary = "Neg" | "Exp" | "Log" | "Tanh" | "Erf" | "Abs" | "Sqrt" | "Cos" | "Sin" | "Relu" | "Sigmoid";
type Binary = "Add" | "Sub" | "Mul" | "Div";

export function unary(op: Unary, x: Value): Value {
  return x.graph.apply(op, [x], x.dtype, x.shape);
}

export function binary(op: Binary, x: Value, other: Operand): Value {
  const y = typeof other === "number" ? x.graph.scalar(other) : other;
  if (Array.isArray(y) || ArrayBuffer.isView(y))
    throw new Error(
      `${op.toLowerCase()} of an array: write it into the graph by x.graph.floats(shape, array), or in an edit feed it by trainable`,
    );
  if (x.dtype !== y.dtype) {
    throw new Error(`${op.toLowerCase()} of ${x.dtype} and ${y.dtype}: cast one of them first`);
  }
  return x.graph.apply(op, [x, y], x.dtype, broadcast(op.toLowerCase(), x.shape, y.shape));
}

export function where(condition: Value, x: Value, y: Value): Value {
  if (condition.dtype !== "bool" || x.dtype !== y.dtype) {
    throw new Error(
      `where of ${condition.dtype}, ${x.dtype} and ${y.dtype}: needs bool and two of one dtype`,
    );
  }
  const shape = broadcast("where", condition.shape, broadcast("where", x.shape, y.shape));
  return x.graph.apply("Where", [condition, x, y], x.dtype, shape);
}

export function above(x: Value, threshold: number): Value {
  return x.graph.apply("Greater", [x, x.graph.scalar(threshold)], "bool", x.shape);
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

/** 1 where x > 0, else 0; at 0 the derivative of relu is taken as 0, as PyTorch does. */
function positive(x: Value): Value {
  return above(x, 0).cast("f32");
}

/** d/dx of x·Φ(x), and of its tanh approximation. */
function geluSlope(x: Value, approximate: string): Value {
  if (approximate === "none") {
    const cdf = x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
    const density = x
      .mul(x)
      .mul(-0.5)
      .exp()
      .mul(1 / Math.sqrt(2 * Math.PI));
    return cdf.add(x.mul(density));
  }
  const a = Math.sqrt(2 / Math.PI);
  const square = x.mul(x);
  const t = x.mul(square.mul(0.044715).add(1)).mul(a).tanh();
  const inner = square
    .mul(3 * 0.044715)
    .add(1)
    .mul(a);
  const sech = t.mul(t).neg().add(1);
  return t.add(1).mul(0.5).add(x.mul(0.5).mul(sech).mul(inner));
}

export const backward: Readonly<Record<string, Backward>> = {
  Add: single((dy, [a, b]) => [sumTo(dy, a!.shape), sumTo(dy, b!.shape)]),
  Sub: single((dy, [a, b]) => [sumTo(dy, a!.shape), sumTo(dy.neg(), b!.shape)]),
  Mul: single((dy, [a, b]) => [sumTo(dy.mul(b!), a!.shape), sumTo(dy.mul(a!), b!.shape)]),
  Div: single((dy, [a, b], node) => {
    const over = dy.div(b!);
    return [sumTo(over, a!.shape), sumTo(over.mul(node.outputs[0]!).neg(), b!.shape)];
  }),
  Neg: single((dy) => [dy.neg()]),
  Exp: single((dy, _, node) => [dy.mul(node.outputs[0]!)]),
  Log: single((dy, [x]) => [dy.div(x!)]),
  Tanh: single((dy, _, node) => [dy.mul(node.outputs[0]!.mul(node.outputs[0]!).neg().add(1))]),
  Erf: single((dy, [x]) => [
    dy.mul(
      x!
        .mul(x!)
        .neg()
        .exp()
        .mul(2 / Math.sqrt(Math.PI)),
    ),
  ]),
  Abs: single((dy, [x]) => [dy.mul(x!.graph.apply("Sign", [x], x!.dtype, x!.shape))]),
  Sqrt: single((dy, _, node) => [dy.div(node.outputs[0]!).mul(0.5)]),
  Cos: single((dy, [x]) => [dy.mul(x!.sin()).neg()]),
  Sin: single((dy, [x]) => [dy.mul(x!.cos())]),
  Relu: single((dy, [x]) => [dy.mul(positive(x!))]),
  Sigmoid: single((dy, _, node) => {
    const y = node.outputs[0]!;
    return [dy.mul(y).mul(y.neg().add(1))];
  }),
  Gelu: single((dy, [x], node) => {
    const { approximate } = node.attributes;
    return [dy.mul(geluSlope(x!, approximate?.kind === "string" ? approximate.value : "none"))];
  }),
  // The cotangent of a value that is stored in less is that of its float32 value.
  Cast: single((dy, [x]) => [
    x!.dtype === "f32" || x!.dtype === "f16" || x!.dtype === "bf16" ? dy : undefined,
  ]),
  // It may have named sizes that were symbols.
  Identity: single((dy, [x]) => [
    printShape(dy.shape) === printShape(x!.shape) ? dy : dy.graph.apply("Identity", [dy], dy.dtype, x!.shape),
  ]),
  Where: single((dy, [condition, x, y]) => {
    const zero = dy.graph.scalar(0);
    return [
      undefined,
      sumTo(where(condition!, dy, zero), x!.shape),
      sumTo(where(condition!, zero, dy), y!.shape),
    ];
  }),
};

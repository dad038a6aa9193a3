import type { Backward } from "./backward.js";
import { asSizes, single, sumTo } from "./backward.js";
import { broadcast, ShapeError } from "./shape.js";
import { concat } from "./value.js";
import type { Value } from "./value.js";

export function matmul(a: Value, b: Value): Value {
  const [m, k] = a.shape.slice(-2);
  const [k2, n] = b.shape.slice(-2);
  if (a.shape.length < 2 || b.shape.length < 2 || k !== k2) {
    throw new ShapeError("matmul", [a.shape, b.shape], `inner sizes ${k} and ${k2} differ`);
  }
  const batch = broadcast("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  return a.graph.apply("MatMul", [a, b], a.dtype, [...batch, m!, n!]);
}

/**
 * One Gemm over all positions at once. Published weights are [out, in], and Gemm reads them so (`transB`);
 * a Transpose before a MatMul would be folded into a private copy of every weight.
 */
export function linear(x: Value, weight: Value, bias: Value | undefined, transposed: boolean): Value {
  const [rows, columns] = weight.shape;
  const [inner, outer] = transposed ? [columns, rows] : [rows, columns];
  if (weight.shape.length !== 2 || x.shape.at(-1) !== inner) {
    throw new ShapeError(
      "linear",
      [x.shape, weight.shape],
      `inner sizes ${x.shape.at(-1)} and ${inner} differ`,
    );
  }
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== outer)) {
    throw new ShapeError("linear", [weight.shape, bias.shape], `bias size ${bias.shape[0]} is not ${outer}`);
  }
  const leading = x.shape.slice(0, -1);
  const flat = leading.length === 1 ? x : flatten(x, inner!);
  const product = x.graph.apply("Gemm", [flat, weight, bias], x.dtype, [flat.shape[0]!, outer!], {
    transB: { kind: "int", value: transposed ? 1 : 0 },
  });
  if (leading.length === 1) return product;
  const sizes = x.graph.keep(`leading ${leading.join(" ")}`, () => leadingSizes(x));
  const shape = concat([sizes, x.graph.integers([outer as number])], 0);
  return x.graph.apply("Reshape", [product, shape], x.dtype, [...leading, outer!], asSizes);
}

/** [.., n] → [product, n]. */
function flatten(x: Value, last: number | string): Value {
  const rows = x.shape.slice(0, -1).join("*");
  return x.graph.apply("Reshape", [x, x.graph.integers([-1, last as number])], x.dtype, [rows, last]);
}

/** The run-time sizes of all axes but the last. */
function leadingSizes(x: Value): Value {
  const rank = x.shape.length;
  return x.graph.apply("Shape", [x], "i64", [rank - 1], { end: { kind: "int", value: rank - 1 } });
}

/** Swap the last two axes. */
function turned(x: Value): Value {
  const axes = x.shape.map((_, i) => i);
  const [m, n] = axes.splice(-2);
  return x.transpose(...axes, n!, m!);
}

function gemm(a: Value, b: Value, transA: boolean, transB: boolean): Value {
  const [m] = transA ? a.shape.slice(1) : a.shape;
  const n = transB ? b.shape[0] : b.shape[1];
  return a.graph.apply("Gemm", [a, b], a.dtype, [m!, n!], {
    transA: { kind: "int", value: transA ? 1 : 0 },
    transB: { kind: "int", value: transB ? 1 : 0 },
  });
}

export const backward: Readonly<Record<string, Backward>> = {
  MatMul: single((dy, [a, b]) => [
    sumTo(dy.matmul(turned(b!)), a!.shape),
    sumTo(turned(a!).matmul(dy), b!.shape),
  ]),
  // y = x·w (+ b), with w read as it lies: transposed when the weight is [out, in].
  Gemm: single((dy, [x, w, b], node) => {
    const { transB } = node.attributes;
    const transposed = transB?.kind === "int" && transB.value === 1;
    return [
      gemm(dy, w!, false, !transposed),
      transposed ? gemm(dy, x!, true, false) : gemm(x!, dy, true, false),
      b && dy.sum([0]),
    ];
  }),
};

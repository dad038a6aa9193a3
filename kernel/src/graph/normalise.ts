import type { Backward } from "./backward.js";
import { single, sumTo } from "./backward.js";
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
  const meanSquare = x.mul(x).mean([-1], true);
  return x.div(meanSquare.add(epsilon).sqrt()).mul(scale);
}

export function logSoftmax(x: Value, axis: number): Value {
  normalAxis("log softmax", x.shape, axis);
  return x.graph.apply("LogSoftmax", [x], x.dtype, x.shape, { axis: { kind: "int", value: axis } });
}

function axisOf(attribute: { kind: string; value: unknown } | undefined): number {
  return attribute?.kind === "int" ? (attribute.value as number) : -1;
}

export const backward: Readonly<Record<string, Backward>> = {
  Softmax: single((dy, _, node) => {
    const y = node.outputs[0]!;
    const weighted = dy.mul(y);
    return [weighted.sub(y.mul(weighted.sum([axisOf(node.attributes["axis"])], true)))];
  }),
  LogSoftmax: single((dy, _, node) => {
    const y = node.outputs[0]!;
    return [dy.sub(y.exp().mul(dy.sum([axisOf(node.attributes["axis"])], true)))];
  }),
  LayerNormalization: single((dy, [x, scale, shift], node) => {
    const { epsilon } = node.attributes;
    const centred = x!.sub(x!.mean([-1], true));
    const variance = centred.mul(centred).mean([-1], true);
    const deviation = variance.add(epsilon?.kind === "float" ? epsilon.value : 1e-5).sqrt();
    const unit = centred.div(deviation);
    const dUnit = dy.mul(scale!);
    const dx = dUnit
      .sub(dUnit.mean([-1], true))
      .sub(unit.mul(dUnit.mul(unit).mean([-1], true)))
      .div(deviation);
    return [dx, sumTo(dy.mul(unit), scale!.shape), shift && sumTo(dy, shift.shape)];
  }),
};

import type { Blueprint } from "../architecture.js";
import { traceStage, wholeModel } from "../build.js";

/** The weights that a decoder layer multiplies with, by name, and which axis of each counts its output channels. */
export function outputChannels(blueprint: Blueprint): Map<string, 0 | 1> {
  const layers = { ...wholeModel(blueprint), embeds: false, unembeds: false };
  const { graph, parameters } = traceStage(blueprint, layers, (name, shape) => {
    return { name, shape, dtype: "f32", file: "", offset: 0, bytes: 0 };
  });
  const names = new Map(parameters.map(({ name, value }) => [value, name]));
  const found = new Map<string, 0 | 1>();
  for (const { op, inputs, attributes } of graph.nodes) {
    const name = op === "Gemm" && inputs[1] ? names.get(inputs[1]) : undefined;
    if (name === undefined) continue;
    const { transB } = attributes;
    found.set(name, transB?.kind === "int" && transB.value === 1 ? 0 : 1);
  }
  return found;
}

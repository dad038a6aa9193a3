import type { Graph, Node } from "./graph.js";
import type { Value } from "./value.js";

/** One segment of a cut graph: what it computes, what it reads from earlier segments, what later ones read of it. */
export interface Cut {
  readonly name: string;
  readonly nodes: readonly Node[];
  readonly weights: readonly Value[];
  readonly constants: readonly Value[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly points: ReadonlyMap<string, Value>;
  readonly sum: Value | undefined;
}

/**
 * Cut a graph where its segments begin. A cut is made at the live set, all values computed before it and read
 * after it, so that nothing is computed twice. `results` are the values that the whole graph must hand out.
 */
export function cut(graph: Graph, results: readonly Value[]): Cut[] {
  const lastUse = new Map<Value, number>();
  for (const node of graph.nodes) {
    for (const input of node.inputs) if (input) lastUse.set(input, node.segment);
  }
  for (const result of results) lastUse.set(result, Infinity);

  return graph.stretches.map(({ name, sum }, segment) => {
    const nodes = graph.nodes.filter((node) => node.segment === segment);
    const read = new Set(nodes.flatMap((node) => node.inputs.filter((v) => v !== undefined)));
    const made = nodes.flatMap((node) => node.outputs);
    const points = graph.points.filter((p) => p.segment === segment);
    return {
      name,
      nodes,
      weights: [...read].filter((v) => v.origin.kind === "weight"),
      constants: [...read].filter((v) => v.origin.kind === "constant"),
      inputs: [...read].filter(
        (v) => v.origin.kind === "input" || (v.origin.kind === "node" && v.origin.segment < segment),
      ),
      outputs: made.filter((v) => v === sum || (lastUse.get(v) ?? -1) > segment),
      points: new Map(points.map(({ point, value }) => [point.name, value])),
      sum,
    };
  });
}

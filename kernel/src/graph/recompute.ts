import type { Graph, Node } from "./graph.js";
import type { Value } from "./value.js";

/**
 * Lets the segments from `from` on read only those values of earlier segments that are kept: what else they need of
 * them is computed again from the nearest kept values, in each segment that needs it (Chen et al. 2016, "Training deep
 * nets with sublinear memory cost"). `results` are the values that the graph must hand out; nodes from `from` on
 * that neither they, a hook point nor what is handed out need are left out.
 */
export function recompute(
  graph: Graph,
  from: number,
  isKept: (value: Value) => boolean,
  results: readonly Value[],
): void {
  const makers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const copies = new Map<number, Map<Value, Value>>();
  const nodes: Node[] = [];

  const inSegment = (value: Value, segment: number): Value => {
    const { origin } = value;
    if (origin.kind !== "node" || origin.segment >= from || isKept(value)) return value;
    const made = copies.get(segment) ?? new Map<Value, Value>();
    copies.set(segment, made);
    const known = made.get(value);
    if (known !== undefined) return known;
    const maker = makers.get(value) as Node;
    const copy = graph.again(
      maker,
      segment,
      maker.inputs.map((input) => input && inSegment(input, segment)),
    );
    maker.outputs.forEach((output, i) => made.set(output, copy.outputs[i] as Value));
    nodes.push(copy);
    return made.get(value) as Value;
  };

  const needed = neededBy(graph, results);
  for (const node of graph.nodes) {
    if (node.segment < from) nodes.push(node);
    else if (needed.has(node)) {
      const inputs = node.inputs.map((input) => input && inSegment(input, node.segment));
      nodes.push({ ...node, inputs });
    }
  }
  graph.nodes.splice(0, graph.nodes.length, ...nodes);
}

function neededBy(graph: Graph, results: readonly Value[]): Set<Node> {
  const handedOut = graph.handOuts.map(({ value }) => value);
  const values = new Set<Value>([...results, ...handedOut, ...graph.points.map(({ value }) => value)]);
  const needed = new Set<Node>();
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => values.has(output))) continue;
    needed.add(node);
    for (const input of node.inputs) if (input) values.add(input);
  }
  return needed;
}

import type { Exchange, Graph, Node } from "./graph.js";
import type { Value } from "./value.js";

/** One segment of a cut graph: what it computes, what it reads from earlier segments, what later ones read of it. */
export interface Cut {
  readonly name: string;
  /** Its number in the graph; those without nodes are left out. */
  readonly segment: number;
  readonly nodes: readonly Node[];
  readonly weights: readonly Value[];
  readonly constants: readonly Value[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  /** Hook points by name; a value that the segment was given itself is among its inputs, not its outputs. */
  readonly points: ReadonlyMap<string, Value>;
  readonly exchange: Exchange | undefined;
  readonly isOnHost: boolean;
}

/**
 * Cut a graph where its segments begin. A cut is made at the live set, all values computed before it and read
 * after it, so that nothing is computed twice. `results` are the values that the whole graph must hand out; nodes
 * that neither they, a hook point nor a value handed out on the way need are left out, and so are segments without any node.
 */
export function cut(graph: Graph, results: readonly Value[]): Cut[] {
  const { nodes, lastUse } = live(graph, results);
  const cuts = graph.stretches.map(({ name, exchange, isOnHost }, segment) => {
    const own = nodes.filter((node) => node.segment === segment);
    const points = graph.points.filter((p) => p.segment === segment);
    const made = own.flatMap((node) => node.outputs);
    const read = new Set([
      ...own.flatMap((node) => node.inputs.filter((v) => v !== undefined)),
      ...points.map((p) => p.value).filter((v) => !made.includes(v)),
    ]);
    return {
      name,
      segment,
      nodes: own,
      weights: [...read].filter((v) => v.origin.kind === "weight"),
      constants: [...read].filter((v) => v.origin.kind === "constant"),
      inputs: [...read].filter(
        (v) => v.origin.kind === "input" || (v.origin.kind === "node" && v.origin.segment < segment),
      ),
      outputs: made.filter((v) => (lastUse.get(v) ?? -1) > segment),
      points: new Map(points.map(({ point, value }) => [point.name, value])),
      exchange: exchange && made.includes(exchange.value) ? exchange : undefined,
      isOnHost,
    };
  });
  const idle = cuts.find((c) => c.nodes.length === 0 && c.points.size > 0);
  if (idle)
    throw new Error(
      `segment "${idle.name}" computes nothing, and cannot hand out ${[...idle.points.keys()].join(", ")}`,
    );
  return cuts.filter((c) => c.nodes.length > 0);
}

/** The nodes that something needs, and the last segment that reads each value. */
function live(graph: Graph, results: readonly Value[]) {
  const lastUse = new Map<Value, number>(results.map((value) => [value, Infinity]));
  const handedOut = graph.handOuts.map(({ value }) => value);
  const needed = new Set<Value>([...results, ...graph.points.map((p) => p.value), ...handedOut]);
  const use = (value: Value, segment: number) =>
    lastUse.set(value, Math.max(lastUse.get(value) ?? -1, segment));
  for (const { value, segment } of graph.points) use(value, segment);
  const nodes: Node[] = [];
  for (const node of [...graph.nodes].reverse()) {
    if (!node.outputs.some((output) => needed.has(output))) continue;
    nodes.push(node);
    for (const input of node.inputs) {
      if (!input) continue;
      needed.add(input);
      use(input, node.segment);
    }
  }
  return { nodes: nodes.reverse(), lastUse };
}

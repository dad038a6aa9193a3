import { cut } from "./cut.js";
import type { Cut } from "./cut.js";
import type { Graph } from "./graph.js";
import type { Value } from "./value.js";

/**
 * The whole graph as one segment that hands out `results` and no hook points, for a process that runs all of it.
 * Throws one line where ranks add up their parts, or a value is handed out, in between.
 */
export function whole(graph: Graph, results: readonly Value[], name: string): Cut {
  const cuts = cut(graph, results);
  const exchange = cuts.find((part) => part.exchange !== undefined)?.exchange;
  if (exchange)
    throw new Error(
      `"${exchange.value.name}" is ${exchange.kind === "sum" ? "a sum over ranks" : "handed out"}: the graph cannot run as one segment`,
    );
  const nodes = cuts.flatMap((part) => part.nodes);
  const all = (values: (part: Cut) => readonly Value[]) => [...new Set(cuts.flatMap(values))];
  return {
    name,
    segment: 0,
    nodes,
    weights: all((part) => part.weights),
    constants: all((part) => part.constants),
    inputs: all((part) => part.inputs).filter((value) => value.origin.kind === "input"),
    outputs: results,
    points: new Map(),
    exchange: undefined,
    isOnHost: false,
  };
}

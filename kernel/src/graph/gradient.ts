import type { Backward } from "./backward.js";
import { backward as elementwise } from "./elementwise.js";
import type { Graph } from "./graph.js";
import { backward as layout } from "./layout.js";
import { backward as lookup } from "./lookup.js";
import { backward as linear } from "./linear.js";
import { backward as normalise } from "./normalise.js";
import { backward as reduce } from "./reduce.js";
import type { Value } from "./value.js";

const rules: Readonly<Record<string, Backward>> = {
  ...elementwise,
  ...layout,
  ...lookup,
  ...linear,
  ...normalise,
  ...reduce,
};

/** Operators whose result does not change when their inputs change a little. */
const flat = new Set(["Shape", "Size", "ConstantOfShape", "Range", "Greater", "Sign"]);

/**
 * Called with a value's cotangent when it is complete, before the operator that computed the value is differentiated;
 * what it returns goes on in its place.
 */
export type Completed = (value: Value, cotangent: Value) => Value;

/**
 * Reverse-mode differentiation: append to the graph what computes, for each value of `at`, the cotangent that
 * follows from the cotangents in `seeds` (value → its cotangent, of the same shape). Each forward segment gets a
 * segment `NAME.gradient` of its own. Undefined where no seed depends on the value; values on no path between get
 * no gradient nodes, so frozen weights cost nothing.
 * Throws one line naming an operator that has no derivative, or a value that is edited outside the graph on the way.
 */
export function gradient(
  graph: Graph,
  seeds: ReadonlyMap<Value, Value>,
  at: readonly Value[],
  completed: Completed = (_, cotangent) => cotangent,
): (Value | undefined)[] {
  const nodes = [...graph.nodes];
  const reached = dependents(graph, at);
  const cotangents = new Map<Value, Value>(seeds);
  let segment: number | undefined;
  let opened = 0;

  for (const node of nodes.reverse()) {
    if (!node.outputs.some((output) => reached.has(output) && cotangents.has(output))) continue;
    if (node.segment !== segment) {
      if (segment !== undefined) nameByValue(graph, cotangents, { forward: segment, from: opened });
      segment = node.segment;
      const { name, isOnHost } = graph.stretches[segment]!;
      graph.begin(`${name}.gradient`, isOnHost ? "host" : undefined);
      opened = graph.segment;
    }
    const given = node.outputs.map((output) => {
      const cotangent = cotangents.get(output);
      if (cotangent === undefined) return undefined;
      const whole = completed(output, cotangent);
      cotangents.set(output, whole);
      return whole;
    });
    if (!node.inputs.some((input) => input && reached.has(input))) continue;
    const over = graph.spreadOver(node.outputs[0]!);
    if (over !== undefined) {
      const next = `${graph.stretches[segment]!.name}.gradient`;
      const whole = graph.sumOverRanks(own(graph, given[0]!), next, over);
      accumulate(cotangents, node.inputs[0]!, whole);
      continue;
    }
    const rule = rules[node.op];
    if (!rule) throw new Error(`${node.op} has no derivative: it lies between the loss and "${at[0]?.name}"`);
    rule(node, given).forEach((dx, i) => {
      const input = node.inputs[i];
      if (!dx || !input || !reached.has(input)) return;
      accumulate(cotangents, input, dx);
    });
  }
  for (const { key, value, back } of graph.handOuts)
    if (reached.has(value) && cotangents.has(back))
      throw new Error(
        `host edit ${key} has no derivative: it lies between the loss and "${at[0]?.name}"; a traced edit has one`,
      );
  return at.map((value) => cotangents.get(value));
}

/**
 * What has no gradient although the seeds depend on it: a value that is edited outside the graph lies between. What else
 * leads from it to them would be part of the gradient only.
 */
export function behindHandOuts(graph: Graph, seeds: Iterable<Value>): ReadonlySet<Value> {
  const edited = graph.handOuts;
  const behind = ancestors(graph, seeds);
  return ancestors(
    graph,
    edited.filter(({ back }) => behind.has(back)).map(({ value }) => value),
  );
}

/** The values and everything that they are computed from, in the graph or outside. */
function ancestors(graph: Graph, values: Iterable<Value>): Set<Value> {
  const found = new Set<Value>(values);
  const sources = new Map(graph.handOuts.map(({ value, back }) => [back, value]));
  const add = (value: Value): void => {
    found.add(value);
    const source = sources.get(value);
    if (source !== undefined) add(source);
  };
  for (const value of [...found]) add(value);
  for (const node of [...graph.nodes].reverse())
    if (!flat.has(node.op) && node.outputs.some((output) => found.has(output)))
      for (const input of node.inputs) if (input) add(input);
  return found;
}

/**
 * Names the cotangents that later segments go on from by their values, so that a change behind them, such as another
 * loss, leaves the text of those segments as it was.
 */
function nameByValue(
  graph: Graph,
  cotangents: Map<Value, Value>,
  done: { forward: number; from: number },
): void {
  const named = new Set<Value>();
  for (const [value, cotangent] of cotangents) {
    const isDone = value.origin.kind === "node" && value.origin.segment >= done.forward;
    if (isDone || cotangent.origin.kind !== "node" || cotangent.origin.segment < done.from) continue;
    const own = named.has(cotangent)
      ? graph.apply("Identity", [cotangent], cotangent.dtype, cotangent.shape)
      : cotangent;
    cotangents.set(value, own);
    graph.rename(own, `d ${value.name}`);
    named.add(own);
  }
}

function accumulate(cotangents: Map<Value, Value>, value: Value, part: Value): void {
  const earlier = cotangents.get(value);
  cotangents.set(value, earlier ? earlier.add(part) : part);
}

/** A value that the current segment computes, as a sum over ranks needs it. */
function own(graph: Graph, value: Value): Value {
  const isOwn = value.origin.kind === "node" && value.origin.segment === graph.segment;
  return isOwn ? value : graph.apply("Identity", [value], value.dtype, value.shape);
}

/** `at` and everything computed from it, in the graph or outside. */
function dependents(graph: Graph, at: readonly Value[]): Set<Value> {
  const reached = new Set<Value>(at);
  const sources = new Map(graph.handOuts.map(({ value, back }) => [back, value]));
  for (const node of graph.nodes) {
    for (const input of node.inputs) {
      const source = input && sources.get(input);
      if (source && reached.has(source)) reached.add(input);
    }
    if (!flat.has(node.op) && node.inputs.some((input) => input && reached.has(input))) {
      for (const output of node.outputs) reached.add(output);
    }
  }
  return reached;
}

import { behindHandOuts, gradient } from "../graph/gradient.js";
import type { Graph } from "../graph/graph.js";
import { gradientAt, pointOf } from "../graph/point.js";
import type { HookPoint } from "../graph/point.js";
import { recompute } from "../graph/recompute.js";
import { zerosOf } from "../graph/backward.js";
import type { Value } from "../graph/value.js";
import type { Output } from "./stage.js";
import type { PointEditor, Trace } from "./trace.js";

/** What is differentiated beside the hook points, and how. */
export interface StageGradient {
  /** Weights, by Hugging Face name; those that a stage does not hold are not its business. */
  readonly parameters: ReadonlySet<string>;
  /**
   * `save` goes on from every hook point's value, so that no product of matrices is made twice; `recompute` from the
   * segments' inputs only.
   */
  readonly activations: "save" | "recompute";
  /** Hook points of another stage whose value this one hands out as the residual, where it is the same there. */
  readonly boundary: readonly string[];
  /** Hook points that are values of their own, so that their gradient is that of what reads them alone. */
  readonly separate: ReadonlySet<string>;
  /** Called with the complete gradient at every hook point; what it returns goes on in its place. */
  readonly edit: PointEditor | undefined;
}

/** A stage's forward graph, and where the gradients come from. */
export interface Differentiable {
  readonly loss: Value | undefined;
  /** Complete is the gradient of what the next stage is fed only here, where all that was read of it comes together. */
  readonly boundary: { readonly value: Value; readonly points: readonly HookPoint[] };
  /** What the stage hands out that is differentiated later on, by the names it has there. */
  readonly outputs: readonly { readonly value: Value; readonly as: string }[];
}

/** Name under which a stage is fed the gradient at what it handed out, and hands out that at what it was fed. */
export function cotangentInput(name: string): string {
  return `cotangent.${name}`;
}

/** Whether a name is one of `cotangentInput`. */
export function isCotangent(name: string): boolean {
  return name.startsWith("cotangent.");
}

/** Name under which the ranks hand out the gradient of rows [from, to) of a weight. */
function parameterPoint(name: string, from: number, to: number): string {
  return gradientAt(`parameter.${name} ${from}:${to}`);
}

const trained = /^trained\./;
const carried = /^(residual$|read\.)/;

/**
 * Append the gradient of a stage: of the loss, or of what follows from the gradients at what it handed out. Names the
 * gradient at every hook point that it reaches. Returns what the stage hands back.
 */
export function traceGradient(
  t: Trace,
  forward: Differentiable,
  options: StageGradient,
): (Output & { readonly value: Value })[] {
  const { graph } = t;
  const start = graph.stretches.length;
  const seeds = seedsOf(graph, forward);
  const points = new Map<Value, HookPoint[]>();
  for (const { point, value } of graph.points)
    if (isCanonical(point)) points.set(value, [...(points.get(value) ?? []), point]);
  const { boundary } = forward;
  if (boundary.points.length > 0)
    points.set(boundary.value, [...(points.get(boundary.value) ?? []), ...boundary.points]);
  const parameters = t.weights.parameters.filter(({ name }) => options.parameters.has(name));
  const fed = graph.inputs.filter(({ name }) => trained.test(name) || carried.test(name));
  const forwardNodes = [...graph.nodes];
  const pointValues = graph.points.map(({ value }) => value);

  const completed = (value: Value, cotangent: Value): Value =>
    (points.get(value) ?? []).reduceRight((dy, point) => {
      const edited = options.edit?.(dy, point, t.place) ?? dy;
      expose(graph, edited, { ...point, name: gradientAt(point.name) });
      return edited;
    }, cotangent);

  const hidden = behindHandOuts(graph, seeds.keys());
  const at = [...points.keys(), ...fed, ...parameters.map(({ value }) => value)].filter(
    (value) => !hidden.has(value),
  );
  const found = new Map<Value, Value>();
  gradient(graph, seeds, at, completed).forEach((cotangent, i) => {
    if (cotangent) found.set(at[i] as Value, cotangent);
  });
  if (graph.stretches.length === start) graph.begin("cotangents");

  const handed = fed
    .filter(({ name }) => carried.test(name))
    .map((value) => {
      const cotangent = found.get(value);
      return { value: owned(graph, cotangent ?? zerosOf(value)), as: cotangentInput(value.name) };
    });
  for (const value of fed.filter(({ name }) => trained.test(name))) {
    const cotangent = found.get(value);
    if (cotangent) expose(graph, cotangent, resultPoint(gradientAt(value.name), value, false));
  }
  for (const { name, from, value, isPartial } of parameters) {
    const cotangent = found.get(value);
    const stored = t.weights.source(name, value.shape as number[]);
    const isShared = isPartial || (stored !== "fed" && stored.shape[0] !== value.shape[0]);
    if (cotangent)
      expose(
        graph,
        cotangent,
        resultPoint(parameterPoint(name, from, from + (value.shape[0] as number)), value, isShared),
      );
  }

  const kept = new Set<Value>(options.activations === "save" ? pointValues : []);
  for (const node of forwardNodes)
    for (const input of node.inputs)
      if (input?.origin.kind === "node" && input.origin.segment < node.segment) kept.add(input);
  for (const { value } of forward.outputs) kept.add(value);
  recompute(
    graph,
    start,
    (value) => kept.has(value),
    handed.map(({ value }) => value),
  );
  return handed.map(({ value, as }) => ({ name: value.name, as, value }));
}

/** Not a value before its edits, nor a result of a readout. */
function isCanonical({ name }: HookPoint): boolean {
  return pointOf(name) === name && !name.startsWith("readout.");
}

function seedsOf(graph: Graph, { loss, outputs }: Differentiable): Map<Value, Value> {
  const seeds = new Map<Value, Value>();
  if (loss !== undefined) return seeds.set(loss, graph.scalar(1));
  for (const { value, as } of outputs) {
    const fed = graph.input(cotangentInput(as), "f32", value.shape);
    const earlier = seeds.get(value);
    if (earlier !== undefined) graph.begin("cotangents");
    seeds.set(value, earlier === undefined ? fed : earlier.add(fed));
  }
  return seeds;
}

/** Lets a cotangent be handed out where it is made; a sum over ranks is whole only behind its segment. */
function expose(graph: Graph, cotangent: Value, point: HookPoint): void {
  const value = owned(graph, cotangent);
  const segment = value.origin.kind === "node" ? value.origin.segment : graph.segment;
  graph.points.push({ point, value, segment });
}

function owned(graph: Graph, value: Value): Value {
  const isOwn =
    value.origin.kind === "node" && graph.stretches[value.origin.segment]?.exchange?.value !== value;
  return isOwn ? value : graph.apply("Identity", [value], value.dtype, value.shape);
}

/** Describes a result that is no hook point: whether each rank answers with its own part, or one for all. */
function resultPoint(name: string, { shape }: Value, isShared: boolean): HookPoint {
  return {
    name,
    aliases: [],
    axes: shape.map(() => "unit"),
    shape,
    partition: isShared ? { kind: "split", axis: 0 } : { kind: "whole" },
    layer: undefined,
  };
}

import { cut } from "../graph/cut.js";
import { leavingOf } from "../graph/leaving.js";
import type { Cut } from "../graph/cut.js";
import { elementBytes } from "../graph/dtype.js";
import { Graph, type Exchange } from "../graph/graph.js";
import { encodeModel, weightFolder } from "../graph/onnx.js";
import type { HookPoint } from "../graph/point.js";
import { elementCount } from "../graph/rowMajor.js";
import type { Value } from "../graph/value.js";
import { traceGradient } from "./backward.js";
import type { StageGradient } from "./backward.js";
import type { Model } from "./model.js";
import { readInput, traceReadout } from "./readout.js";
import type { Readout } from "./readout.js";
import type { LayerCache, Output, Result, Segment, Stage, StageSpec } from "./stage.js";
import { RankWeights, type HeldParameter, type WeightPlace } from "./rankWeights.js";
import { residualAxes, Trace, type CachedLayer, type PointEditor } from "./trace.js";
import type { Blueprint } from "./architecture.js";

/** What a run adds to the model's own graph. */
export interface Additions {
  readonly edit?: PointEditor | undefined;
  readonly readout?: Readout | undefined;
  /** The gradient of the readout's `loss`. */
  readonly gradient?: StageGradient | undefined;
}

interface Traced {
  readonly graph: Graph;
  /** The last residual, or the logits where the stage unembeds it. */
  readonly result: Value;
  /** What goes to other stages. */
  readonly outputs: readonly (Output & { readonly value: Value })[];
  readonly caches: readonly CachedLayer[];
  readonly parameters: readonly HeldParameter[];
  /** Stretches from here on go backward. */
  readonly backward: number;
}

/** Write down the graph of one stage. */
export function traceStage(
  blueprint: Blueprint,
  spec: StageSpec,
  source: WeightPlace,
  { edit, readout, gradient }: Additions = {},
): Traced {
  const { hidden } = blueprint.dimensions;
  const graph = new Graph();
  const { tensor, data = { rank: 0, size: 1 } } = spec;
  const t = new Trace(graph, { tensor, data }, new RankWeights(graph, source), {
    edit,
    cache: spec.cache,
    separate: gradient?.separate,
  });
  const positions = graph.input("positions", "i64", ["batch", "position"]);
  const mask = graph.input("mask", "f32", [
    "batch",
    1,
    "position",
    spec.cache ? "past+recent+position" : "position",
  ]);

  let residual: Value;
  if (spec.embeds) {
    // Looked up where it lies: a device need not hold the table, nor read its float16.
    t.begin("embed", "host");
    residual = blueprint.embed(t, graph.input("tokens", "i64", ["batch", "position"]), positions);
  } else {
    residual = graph.input("residual", "f32", ["batch", "position", hidden]);
  }
  if (blueprint.prepare && spec.layers.to > spec.layers.from) {
    // Shading languages promise few digits of sine and cosine.
    t.begin("positions", "host");
    blueprint.prepare(t, positions);
  }
  for (let index = spec.layers.from; index < spec.layers.to; index++) {
    if (spec.skip?.includes(index)) continue;
    t.beginLayer(index);
    residual = blueprint.layer(t, index, residual, { positions, mask });
  }
  let result = residual;
  let loss: Value | undefined;
  const handed: { as: string; value: Value }[] = [];
  if (spec.unembeds) {
    const select = graph.input("select", "i64", ["batch", "selected"]);
    t.begin("head");
    result = blueprint.unembed(t, residual, select);
    if (readout) loss = traceReadout(t, blueprint, readout)["loss"];
  } else {
    const read = new Set(readout?.reads.map(({ name }) => name));
    handed.push({ as: "residual", value: residual });
    for (const { point, value } of graph.points)
      if (read.has(point.name)) handed.push({ as: readInput(point.name), value });
  }
  // What goes forward must not wait for what goes backward.
  graph.seal();
  const backward = graph.stretches.length;
  const outputs = handed.map(({ as, value }) => ({ name: value.name, as, value }));
  if (gradient) {
    const boundary = {
      value: residual,
      points: gradient.boundary.map((name) => residualPoint(name, hidden)),
    };
    outputs.push(...traceGradient(t, { loss, boundary, outputs: handed }, gradient));
  }
  return { graph, result, outputs, caches: t.caches, parameters: t.weights.parameters, backward };
}

function residualPoint(name: string, hidden: number): HookPoint {
  const shape = ["batch", "position", hidden] as const;
  return { name, aliases: [], axes: residualAxes, shape, partition: { kind: "whole" }, layer: undefined };
}

/**
 * One stage of a model as segments that onnxruntime can load, with `additions` compiled in; reads no weights, which
 * stay in their files.
 */
export function buildStage(model: Model, spec: StageSpec, additions: Additions = {}): Stage {
  const traced = traceStage(model.blueprint, spec, model.weight, additions);
  const { graph, outputs, caches } = traced;
  const presents = caches.flatMap(({ present }) => [present.keys, present.values]);
  const cuts = cut(graph, [...outputs.map(({ value }) => value), ...presents]);
  const folderOf = (c: Cut) =>
    weightFolder(c.weights.flatMap((w) => (w.origin.kind === "weight" ? [w.origin.external.file] : [])));
  const comesBack = (value: Value) => graph.handOuts.some(({ back }) => back === value);
  const points = graph.points.map(({ point }) => point);
  return {
    // A folder for each, so that a weight read elsewhere changes the bytes of the segments that read it, not of others.
    segments: cuts.map((c) => {
      const leaving = leavingOf(c);
      return {
        name: c.name,
        model: encodeModel(c, folderOf(c), leaving),
        weightFolder: folderOf(c),
        weightBytes: c.isOnHost ? 0 : float32Bytes(c.weights),
        isOnHost: c.isOnHost,
        isBackward: c.segment >= traced.backward,
        inputs: c.inputs.map((v) => v.name),
        outputs: c.outputs.map((v) => v.name),
        leaving: new Map([...leaving].map(([{ name }, { as, shape }]) => [name, { as: as.name, shape }])),
        points: new Map([...c.points].map(([name, value]) => [name, value.name])),
        exchange: c.exchange && named(c.exchange),
      };
    }),
    inputs: graph.inputs.filter((v) => !comesBack(v)).map((v) => v.name),
    outputs: outputs.map(({ value, as }) => ({ name: value.name, as })),
    caches: caches.map(layerCache),
    points,
    results: points.flatMap(({ name }) => resultNamed(name) ?? []),
    // What only some modules read of it, under further names, has a gradient of its own.
    entry: graph.points
      .filter((p) => p.value.name === "residual")
      .slice(0, 1)
      .map((p) => p.point.name),
    parameters: [...new Set(traced.parameters.map(({ name }) => name))],
  };
}

function float32Bytes(weights: readonly Value[]): number {
  return weights.reduce((sum, { shape }) => sum + elementCount(shape as number[]) * elementBytes.f32, 0);
}

function named(exchange: Exchange): Segment["exchange"] {
  const value = exchange.value.name;
  if (exchange.kind === "sum") return { kind: "sum", value, over: exchange.over };
  return { kind: "handOut", value, key: exchange.key, back: exchange.back.name };
}

/** A readout and tensors of modules are computed from the rows of all replicas, weights are used for each replica's own. */
function resultNamed(name: string): Result | undefined {
  const [, kind] = /^(readout|trained|parameter)\./.exec(name) ?? [];
  return kind === undefined ? undefined : { name, isTerm: kind === "parameter" };
}

function layerCache({ layer, past, recent, present }: CachedLayer): LayerCache {
  const names = ({ keys, values }: CachedLayer["past"]) => ({ keys: keys.name, values: values.name });
  const [, heads, , size] = past.keys.shape;
  const empty = [heads as number, 0, size as number] as const;
  return { layer, past: names(past), recent: names(recent), present: names(present), empty };
}

/** The whole model on one rank of `tensorSize`. */
export function wholeModel({ dimensions }: Blueprint, tensorSize = 1): StageSpec {
  const layers = { from: 0, to: dimensions.layers };
  return { layers, embeds: true, unembeds: true, tensor: { rank: 0, size: tensorSize } };
}

/** Every hook point of the model in forward order, with whole shapes and how `tensorSize` ranks hold it. */
export function hookPoints({ blueprint, weight }: Model, tensorSize: number): HookPoint[] {
  return traceStage(blueprint, wholeModel(blueprint, tensorSize), weight).graph.points.map((p) => p.point);
}

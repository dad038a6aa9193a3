import { cut } from "../graph/cut.js";
import type { Cut } from "../graph/cut.js";
import { Graph, type Exchange } from "../graph/graph.js";
import { encodeModel, weightFolder } from "../graph/onnx.js";
import type { HookPoint } from "../graph/point.js";
import type { Value } from "../graph/value.js";
import type { Model } from "./model.js";
import type { LayerCache, Segment, Stage, StageSpec } from "./stage.js";
import { Trace } from "./trace.js";
import type { CachedLayer, PointEditor, WeightPlace } from "./trace.js";
import type { Blueprint } from "./architecture.js";

interface Traced {
  readonly graph: Graph;
  readonly result: Value;
  readonly caches: readonly CachedLayer[];
}

/** Write down the graph of one stage. */
export function traceStage(
  blueprint: Blueprint,
  spec: StageSpec,
  source: WeightPlace,
  edit?: PointEditor,
): Traced {
  const { hidden } = blueprint.dimensions;
  const graph = new Graph();
  const { tensor, data = { rank: 0, size: 1 } } = spec;
  const t = new Trace(graph, { tensor, data }, source, { edit, cache: spec.cache });
  const positions = graph.input("positions", "i64", ["batch", "position"]);
  const mask = graph.input("mask", "f32", [
    "batch",
    1,
    "position",
    spec.cache ? "past+position" : "position",
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
  const { caches } = t;
  if (!spec.unembeds) return { graph, result: residual, caches };
  const select = graph.input("select", "i64", ["batch", "selected"]);
  t.begin("head");
  return { graph, result: blueprint.unembed(t, residual, select), caches };
}

/**
 * One stage of a model as segments that onnxruntime can load, with `edit` compiled in at its hook points; reads no
 * weights, which stay in their files.
 */
export function buildStage(model: Model, spec: StageSpec, edit?: PointEditor): Stage {
  const { graph, result, caches } = traceStage(model.blueprint, spec, model.weight, edit);
  const presents = caches.flatMap(({ present }) => [present.keys, present.values]);
  const cuts = cut(graph, spec.unembeds ? presents : [result, ...presents]);
  const folderOf = (c: Cut) =>
    weightFolder(c.weights.flatMap((w) => (w.origin.kind === "weight" ? [w.origin.external.file] : [])));
  const comesBack = (value: Value) =>
    graph.stretches.some(({ exchange }) => exchange?.kind === "handOut" && exchange.back === value);
  return {
    // A folder for each, so that a weight read elsewhere changes the bytes of the segments that read it, not of others.
    segments: cuts.map((c) => ({
      name: c.name,
      model: encodeModel(c, folderOf(c)),
      weightFolder: folderOf(c),
      isOnHost: c.isOnHost,
      inputs: c.inputs.map((v) => v.name),
      outputs: c.outputs.map((v) => v.name),
      points: new Map([...c.points].map(([name, value]) => [name, value.name])),
      exchange: c.exchange && named(c.exchange),
    })),
    inputs: graph.inputs.filter((v) => !comesBack(v)).map((v) => v.name),
    outputs: spec.unembeds ? [] : [{ name: result.name, as: "residual" }],
    caches: caches.map(layerCache),
    points: graph.points.map((p) => p.point),
  };
}

function named(exchange: Exchange): Segment["exchange"] {
  const value = exchange.value.name;
  if (exchange.kind === "sum") return { kind: "sum", value, over: exchange.over };
  return { kind: "handOut", value, key: exchange.key, back: exchange.back.name };
}

function layerCache({ layer, past, present }: CachedLayer): LayerCache {
  const names = ({ keys, values }: CachedLayer["past"]) => ({ keys: keys.name, values: values.name });
  const [, heads, , size] = past.keys.shape;
  return { layer, past: names(past), present: names(present), empty: [heads as number, 0, size as number] };
}

/** Every hook point of the model in forward order, with whole shapes and how `tensorSize` ranks hold it. */
export function hookPoints(model: Model, tensorSize: number): HookPoint[] {
  const layers = { from: 0, to: model.dimensions.layers };
  const spec = { layers, embeds: true, unembeds: true, tensor: { rank: 0, size: tensorSize } };
  return traceStage(model.blueprint, spec, model.weight).graph.points.map((p) => p.point);
}

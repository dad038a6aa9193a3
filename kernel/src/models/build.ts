import { cut } from "../graph/cut.js";
import { Graph } from "../graph/graph.js";
import { encodeModel, weightFolder } from "../graph/onnx.js";
import type { HookPoint } from "../graph/point.js";
import type { Value } from "../graph/value.js";
import type { Model } from "./model.js";
import type { Stage, StageSpec } from "./stage.js";
import { Trace } from "./trace.js";
import type { PointEditor, WeightSource } from "./trace.js";
import type { Blueprint } from "./architecture.js";

interface Traced {
  readonly graph: Graph;
  readonly result: Value;
}

/** Write down the graph of one stage. */
export function traceStage(
  blueprint: Blueprint,
  spec: StageSpec,
  source: WeightSource,
  edit?: PointEditor,
): Traced {
  const { hidden } = blueprint.dimensions;
  const graph = new Graph();
  const t = new Trace(graph, spec.tensor, source, edit);
  const positions = graph.input("positions", "i64", ["batch", "position"]);
  const mask = graph.input("mask", "f32", ["batch", 1, "position", "position"]);

  let residual: Value;
  if (spec.embeds) {
    t.begin("embed");
    residual = blueprint.embed(t, graph.input("tokens", "i64", ["batch", "position"]), positions);
  } else {
    residual = graph.input("residual", "f32", ["batch", "position", hidden]);
  }
  for (let index = spec.layers.from; index < spec.layers.to; index++) {
    t.beginLayer(index);
    residual = blueprint.layer(t, index, residual, { positions, mask });
  }
  if (!spec.unembeds) return { graph, result: residual };
  const select = graph.input("select", "i64", ["batch", "selected"]);
  t.begin("head");
  return { graph, result: blueprint.unembed(t, residual, select) };
}

/**
 * One stage of a model as segments that onnxruntime can load, with `edit` compiled in at its hook points; reads no
 * weights, which stay in their files.
 */
export function buildStage(model: Model, spec: StageSpec, edit?: PointEditor): Stage {
  const { graph, result } = traceStage(model.blueprint, spec, model.weight, edit);
  const cuts = cut(graph, spec.unembeds ? [] : [result]);
  const files = cuts.flatMap((c) =>
    c.weights.flatMap((w) => (w.origin.kind === "weight" ? [w.origin.external.file] : [])),
  );
  const folder = weightFolder(files);
  return {
    segments: cuts.map((c) => ({
      name: c.name,
      model: encodeModel(c, folder),
      weightFolder: folder,
      inputs: c.inputs.map((v) => v.name),
      outputs: c.outputs.map((v) => v.name),
      points: new Map([...c.points].map(([name, value]) => [name, value.name])),
      reduction: c.sum && { kind: "sum", value: c.sum.name },
    })),
    inputs: graph.inputs.map((v) => v.name),
    outputs: spec.unembeds ? [] : [{ name: result.name, as: "residual" }],
    points: graph.points.map((p) => p.point),
  };
}

/** Every hook point of the model in forward order, with whole shapes and how `tensorSize` ranks hold it. */
export function hookPoints(model: Model, tensorSize: number): HookPoint[] {
  const layers = { from: 0, to: model.dimensions.layers };
  const spec = { layers, embeds: true, unembeds: true, tensor: { rank: 0, size: tensorSize } };
  return traceStage(model.blueprint, spec, model.weight).graph.points.map((p) => p.point);
}

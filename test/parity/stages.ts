import { runSegment } from "../../kernel/src/engine/runSegment.js";
import { onnxruntime, plainly } from "../../kernel/src/engine/runtime/runtime.js";
import { buildStage } from "../../kernel/src/models/build.js";
import { prepareInputs } from "../../kernel/src/models/inputs.js";
import type { Model } from "../../kernel/src/models/model.js";
import type { HookPoint } from "../../kernel/src/graph/point.js";
import type { Tensor } from "../../kernel/src/graph/tensor.js";
import type { Values } from "./goldens.js";

/** Values of one rank by name, and its hook points. */
interface Held {
  readonly values: Map<string, Tensor>;
  readonly points: Map<string, { readonly point: HookPoint; readonly value: string }>;
}

/**
 * Run a model's stages in this process, straight on onnxruntime: no worker, no session, no collective. Returns every hook
 * point whole, with the batch axis. `cuts` are the layers at which a new pipeline stage begins.
 */
export async function runStages(
  model: Model,
  rows: readonly (readonly number[])[],
  { cuts = [], tensor = 1 }: { cuts?: readonly number[]; tensor?: number } = {},
): Promise<Map<string, Values & { readonly point: HookPoint }>> {
  const { tokens, positions, mask, select } = prepareInputs(rows, "all");
  const feed: Record<string, Tensor> = {
    tokens: { dtype: "i64", ...tokens },
    positions: { dtype: "i64", ...positions },
    mask: { dtype: "f32", ...mask },
    select: { dtype: "i64", ...select },
  };
  const bounds = [0, ...cuts, model.dimensions.layers];
  const found = new Map<string, Values & { readonly point: HookPoint }>();
  let residual: Tensor | undefined;
  for (let s = 0; s + 1 < bounds.length; s++) {
    const stages = Array.from({ length: tensor }, (_, rank) =>
      buildStage(model, {
        layers: { from: bounds[s]!, to: bounds[s + 1]! },
        embeds: s === 0,
        unembeds: s + 2 === bounds.length,
        tensor: { rank, size: tensor },
      }),
    );
    const ranks: Held[] = stages.map(() => ({
      values: new Map(Object.entries(residual ? { ...feed, residual } : feed)),
      points: new Map(),
    }));
    for (let i = 0; i < stages[0]!.segments.length; i++) {
      for (const [rank, held] of ranks.entries())
        await compute(stages[rank]!.segments[i]!, stages[rank]!.points, held);
      const sum = stages[0]!.segments[i]!.exchange?.value;
      if (sum !== undefined) addUp(ranks, sum);
    }
    for (const { point, value } of ranks[0]!.points.values()) {
      const parts = ranks.map((held) => held.values.get(held.points.get(point.name)!.value)!);
      void value;
      found.set(point.name, { ...join(point, parts), point });
    }
    const [carried] = stages[0]!.outputs;
    residual = carried && ranks[0]!.values.get(carried.name);
  }
  return found;
}

const runtime = onnxruntime({ threads: 1, spin: false, shared: false });

type Segment = ReturnType<typeof buildStage>["segments"][number];

async function compute(segment: Segment, points: readonly HookPoint[], held: Held): Promise<void> {
  const { weightFolder } = segment;
  const executable = await runtime.load(segment.model, { ...plainly, weightFolder });
  const computed = [...segment.points.values()].filter((name) => !segment.inputs.includes(name));
  const fetches = [...new Set([...segment.outputs, ...computed])];
  for (const [name, tensor] of await runSegment(executable, segment, held.values, fetches))
    held.values.set(name, tensor);
  for (const [name, value] of segment.points) {
    held.points.set(name, { point: points.find((p) => p.name === name)!, value });
  }
  await executable.release();
}

function addUp(ranks: readonly Held[], name: string): void {
  const terms = ranks.map((held) => held.values.get(name)!);
  const data = (terms[0]!.data as Float32Array).map((_, i) =>
    terms.reduce((sum, t) => sum + Number(t.data[i]), 0),
  );
  for (const held of ranks) held.values.set(name, { dtype: "f32", data, shape: terms[0]!.shape });
}

/** The whole value from what the ranks hold of it. */
function join(point: HookPoint, parts: readonly Tensor[]): Values {
  if (point.partition.kind === "whole" || parts.length === 1) {
    return { shape: parts[0]!.shape, data: parts[0]!.data as Float32Array };
  }
  const { axis } = point.partition;
  const shape = parts[0]!.shape.map((d, i) =>
    i === axis ? parts.reduce((n, p) => n + p.shape[axis]!, 0) : d,
  );
  const before = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
  let to = 0;
  for (let b = 0; b < before; b++) {
    for (const part of parts) {
      const run = part.shape.slice(axis).reduce((a, d) => a * d, 1);
      data.set((part.data as Float32Array).subarray(b * run, (b + 1) * run), to);
      to += run;
    }
  }
  return { shape, data };
}

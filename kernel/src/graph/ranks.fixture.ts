import * as onnxruntime from "onnxruntime-node";
import { cut } from "./cut.js";
import type { Graph } from "./graph.js";
import { encodeModel } from "./onnx.js";
import type { Value } from "./value.js";

export interface Dense {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Run one graph a rank, all in this process, adding up partial sums between segments. Gives each rank's results. */
export async function runRanks(
  ranks: readonly {
    readonly graph: Graph;
    readonly results: readonly Value[];
    readonly feeds: Record<string, Dense>;
  }[],
): Promise<Dense[][]> {
  const cuts = ranks.map(({ graph, results }) => cut(graph, results));
  const live = ranks.map(
    ({ feeds }) =>
      new Map(Object.entries(feeds).map(([k, v]) => [k, new onnxruntime.Tensor("float32", v.data, v.shape)])),
  );
  for (let i = 0; i < cuts[0]!.length; i++) {
    for (const [rank, segments] of cuts.entries()) {
      const segment = segments[i]!;
      const session = await onnxruntime.InferenceSession.create(encodeModel(segment, "/"));
      const feeds = Object.fromEntries(segment.inputs.map((v) => [v.name, live[rank]!.get(v.name)!]));
      const outputs = await session.run(feeds);
      for (const [name, tensor] of Object.entries(outputs)) live[rank]!.set(name, tensor as never);
    }
    const parts = cuts
      .map((segments, rank) => ({ name: segments[i]!.exchange?.value.name, rank }))
      .filter((p) => p.name);
    if (parts.length === 0) continue;
    const tensors = parts.map(({ name, rank }) => live[rank]!.get(name!)!);
    const sum = Float32Array.from(tensors[0]!.data as Float32Array, (_, j) =>
      tensors.reduce((total, t) => total + (t.data as Float32Array)[j]!, 0),
    );
    parts.forEach(({ name, rank }) =>
      live[rank]!.set(name!, new onnxruntime.Tensor("float32", sum, tensors[0]!.dims)),
    );
  }
  return ranks.map(({ results }, rank) =>
    results.map(({ name }) => {
      const tensor = live[rank]!.get(name)!;
      return { shape: tensor.dims, data: tensor.data as Float32Array };
    }),
  );
}

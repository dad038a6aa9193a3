import * as onnxruntime from "onnxruntime-node";
import { cut } from "./cut.js";
import type { Graph } from "./graph.js";
import { encodeModel } from "./onnx.js";
import type { Value } from "./value.js";

export interface Dense {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Numbers of places, which graphs read as int64. */
export interface Places {
  readonly shape: readonly number[];
  readonly data: BigInt64Array;
}

/**
 * Run one graph a rank, all in this process, adding up partial sums between segments. Gives each rank's results.
 *
 * @param tensor how many ranks, one after another, share units; ranks that far apart share rows
 */
export async function runRanks(
  ranks: readonly {
    readonly graph: Graph;
    readonly results: readonly Value[];
    readonly feeds: Record<string, Dense | Places>;
  }[],
  tensor = ranks.length,
): Promise<Dense[][]> {
  const cuts = ranks.map(({ graph, results }) => cut(graph, results));
  const live = ranks.map(
    ({ feeds }) =>
      new Map(
        Object.entries(feeds).map(([name, { data, shape }]) => [
          name,
          data instanceof Float32Array
            ? new onnxruntime.Tensor("float32", data, shape)
            : new onnxruntime.Tensor("int64", data, shape),
        ]),
      ),
  );
  for (let i = 0; i < cuts[0]!.length; i++) {
    for (const [rank, segments] of cuts.entries()) {
      const segment = segments[i]!;
      const session = await onnxruntime.InferenceSession.create(encodeModel(segment, "/"), {
        intraOpNumThreads: 1,
      });
      const feeds = Object.fromEntries(segment.inputs.map((v) => [v.name, live[rank]!.get(v.name)!]));
      const outputs = await session.run(feeds);
      for (const [name, tensor] of Object.entries(outputs)) live[rank]!.set(name, tensor as never);
    }
    const sum = cuts[0]![i]!.exchange;
    if (sum?.kind !== "sum") continue;
    const { name } = sum.value;
    const groupOf = (rank: number) => (sum.over === "tensor" ? Math.floor(rank / tensor) : rank % tensor);
    const terms = live.map((values) => values.get(name)!);
    live.forEach((values, rank) => {
      const met = terms.filter((_, other) => groupOf(other) === groupOf(rank));
      const total = Float32Array.from(met[0]!.data as Float32Array, (_, j) =>
        met.reduce((so, term) => so + (term.data as Float32Array)[j]!, 0),
      );
      values.set(name, new onnxruntime.Tensor("float32", total, met[0]!.dims));
    });
  }
  return ranks.map(({ results }, rank) =>
    results.map(({ name }) => {
      const tensor = live[rank]!.get(name)!;
      return { shape: tensor.dims, data: tensor.data as Float32Array };
    }),
  );
}

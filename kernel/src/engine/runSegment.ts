import type { Tensor } from "../graph/tensor.js";
import type { Segment } from "../models/stage.js";
import type { Executable } from "./runtime.js";

/**
 * Runs a segment on the values that it reads, by name, and returns those that are fetched, in the shapes that the graph
 * says. Blocks this thread while it computes.
 */
export async function runSegment(
  executable: Executable,
  { inputs, flat }: Pick<Segment, "inputs" | "flat">,
  values: ReadonlyMap<string, Tensor>,
  fetches: readonly string[],
): Promise<Map<string, Tensor>> {
  const feeds = new Map(inputs.map((name) => [name, values.get(name) as Tensor]));
  const leaving = fetches.map((name) => flat.get(name)?.name ?? name);
  const left = await executable.run(feeds, [...new Set(leaving)]);
  return new Map(
    fetches.map((name, i) => {
      const tensor = left.get(leaving[i]!) as Tensor;
      const shape = flat
        .get(name)
        ?.shape.map((size) => (typeof size === "number" ? size : feeds.get(size.input)!.shape[size.axis]!));
      return [name, shape === undefined ? tensor : { ...tensor, shape }];
    }),
  );
}

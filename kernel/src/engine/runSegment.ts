import { elementCount } from "../graph/rowMajor.js";
import type { Tensor } from "../graph/tensor.js";
import type { Segment } from "../models/stage.js";
import type { Executable } from "./runtime/runtime.js";

/**
 * Runs a segment on the values that it reads, by name, and returns those that are fetched, in the shapes that the graph
 * says. Blocks this thread while it computes.
 *
 * @param place memory for a value of this name and shape to be computed in, if there is some
 */
export async function runSegment(
  executable: Executable,
  { inputs, leaving }: Pick<Segment, "inputs" | "leaving">,
  values: ReadonlyMap<string, Tensor>,
  fetches: readonly string[],
  place: (name: string, shape: readonly number[]) => Tensor | undefined = () => undefined,
): Promise<Map<string, Tensor>> {
  const feeds = new Map(inputs.map((name) => [name, values.get(name) as Tensor]));
  const asked = fetches.map((name) => {
    const { as = name, shape: sizes } = leaving.get(name) ?? {};
    const shape = sizes?.map((size) =>
      typeof size === "number" ? size : feeds.get(size.input)!.shape[size.axis]!,
    );
    const memory = shape && place(name, shape);
    return { name, as, shape, memory: memory && as !== name ? asMatrix(memory) : memory };
  });
  const places = new Map(asked.flatMap(({ as, memory }) => (memory ? [[as, memory] as const] : [])));
  const left = await executable.run(feeds, [...new Set(asked.map(({ as }) => as))], places);
  return new Map(
    asked.map(({ name, as, shape }) => {
      const tensor = left.get(as) as Tensor;
      return [name, as === name ? tensor : { ...tensor, shape: shape! }];
    }),
  );
}

/** The same memory as the matrix that leaves in its place. */
function asMatrix(tensor: Tensor): Tensor {
  const columns = tensor.shape.at(-1)!;
  return { ...tensor, shape: [elementCount(tensor.shape) / columns, columns] };
}

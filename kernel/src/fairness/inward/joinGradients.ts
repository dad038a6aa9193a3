import { select } from "../../hooks/selector.js";
import { CapturedPoint } from "../../session/captured.js";
import type { Backward } from "../../session/backward/types.js";
import type { Captured } from "../../session/types.js";

/**
 * The gradients of several passes over parts of the rows as one pass over all would bring them: rows one behind the other, those
 * of shorter passes with 0 in the padding, which no loss depends on.
 */
export function joinGradients(passes: readonly Backward[]): ReadonlyMap<string, Captured> {
  const [first] = passes as readonly [Backward];
  if (passes.length === 1) return first.gradients;
  return new Map(
    [...first.gradients].map(([point, own]) => [
      point,
      joined(
        own,
        passes.map(({ gradients }) => gradients.get(point)!),
        passes.flatMap(({ tokens }) => tokens.map(({ length }) => length)),
      ),
    ]),
  );
}

/** @param lengths tokens of every row as it ran */
function joined(first: Captured, parts: readonly Captured[], lengths: readonly number[]): Captured {
  const { name, point, selector, provenance } = first;
  const units = first.shape[2]!;
  const positions = Math.max(...parts.map(({ shape }) => shape[1]!));
  const shape = [lengths.length, positions, units];
  const data = new Float32Array(lengths.length * positions * units);
  let row = 0;
  for (const part of parts) {
    const size = part.shape[1]! * units;
    for (let i = 0; i < part.shape[0]!; i++, row++)
      data.set(part.data.subarray(i * size, (i + 1) * size), row * positions * units);
  }
  const [{ slices }] = select(selector, [point]) as [ReturnType<typeof select>[number]];
  const origin = () => ({ shards: joinedShards(parts), provenance, lengths });
  return new CapturedPoint(name, { dtype: "f32", shape, data }, { point, selector, slices }, origin);
}

/** Replicas share the rows of every pass anew; what else is shared is so in all of them. */
function joinedShards(parts: readonly Captured[]): Captured["shards"] {
  const starts = parts.map((_, pass) => parts.slice(0, pass).reduce((sum, { shape }) => sum + shape[0]!, 0));
  return parts[0]!.shards.map((shared) => {
    if (shared.axis !== 0) return shared;
    const ofRows = parts.flatMap(({ shards }, pass) =>
      shards
        .filter(({ axis }) => axis === 0)
        .flatMap((each) => each.parts)
        .map(({ ranks, from, to }) => ({ ranks, from: from + starts[pass]!, to: to + starts[pass]! })),
    );
    return { axis: 0, parts: ofRows };
  });
}

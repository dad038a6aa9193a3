import { select } from "../../hooks/selector.js";
import { CapturedPoint } from "../../session/captured.js";
import type { Backward } from "../../session/backward/types.js";
import type { Captured } from "../../session/types.js";
import { sumOf } from "../statistics/mean.js";
import type { Placement } from "./placement.js";
import type { ReadRow } from "./reading.js";

/**
 * The gradients of several passes over parts of the rows as one pass over all would bring them: rows one behind the other, 0
 * behind the tokens of shorter ones. Where a row ran several times, once for each beginning of a word behind it, its
 * activations are the same in all copies, and its gradient is the sum of theirs; what stands at the words' tokens is not the
 * row's.
 */
export function joinGradients(
  passes: readonly Backward[],
  rows: readonly Pick<ReadRow, "ids">[],
  { before }: Placement,
): ReadonlyMap<string, Captured> {
  const [first] = passes as readonly [Backward];
  const copies = sumOf(passes.map(({ tokens }) => tokens.length)) / rows.length;
  const longest = Math.max(...rows.map(({ ids }) => ids.length));
  const areOwn = [...first.gradients.values()].every(
    ({ shape: [ran, positions] }) => ran === rows.length && positions === longest,
  );
  if (areOwn) return first.gradients;
  return new Map(
    [...first.gradients.keys()].map((point) => [
      point,
      joined(
        passes.map(({ gradients }) => gradients.get(point)!),
        rows.map(({ ids }) => ids.length),
        copies,
        before,
      ),
    ]),
  );
}

/** @param lengths of every row's own tokens */
function joined(
  parts: readonly Captured[],
  lengths: readonly number[],
  copies: number,
  before: number,
): Captured {
  const { name, point, selector, provenance, shape: own } = parts[0]!;
  const units = own[2]!;
  const positions = Math.max(...lengths);
  const shape = [lengths.length, positions, units];
  const data = new Float32Array(lengths.length * positions * units);
  let run = 0;
  for (const part of parts) {
    const size = part.shape[1]! * units;
    for (let i = 0; i < part.shape[0]!; i++, run++) {
      const row = Math.floor(run / copies);
      const start = row * positions * units;
      for (let j = 0; j < lengths[row]! * units; j++) data[start + j]! += part.data[i * size + j]!;
    }
  }
  const [{ slices }] = select(selector, [point]) as [ReturnType<typeof select>[number]];
  const origin = () => ({
    shards: joinedShards(parts, copies),
    provenance,
    lengths: lengths.map((length) => before + length),
  });
  return new CapturedPoint(name, { dtype: "f32", shape, data }, { point, selector, slices }, origin);
}

/** Replicas share the rows of every pass anew; what else is shared is so in all of them. */
function joinedShards(parts: readonly Captured[], copies: number): Captured["shards"] {
  return parts[0]!.shards.map((shared) => {
    if (shared.axis !== 0) return shared;
    const joinedParts: { ranks: number[]; from: number; to: number }[] = [];
    let row = 0;
    for (const { shards, shape } of parts) {
      const held = shards.find(({ axis }) => axis === 0)!.parts;
      for (let run = 0; run < shape[0]!; run += copies, row++) {
        const ranks = held.flatMap((each) => (each.from < run + copies && each.to > run ? each.ranks : []));
        const last = joinedParts.at(-1);
        if (last?.ranks.join() === ranks.join()) last.to = row + 1;
        else joinedParts.push({ ranks, from: row, to: row + 1 });
      }
    }
    return { axis: 0, parts: joinedParts };
  });
}

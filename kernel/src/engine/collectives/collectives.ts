import type { RankGroup } from "../../graph/graph.js";

/**
 * What the ranks of one group do together. Every rank calls the same operations in the same order
 * within a step; results are bit-identical on all ranks because terms are always added in rank order.
 */
export interface Collectives {
  /** Enters a step; `step` grows by one each time, on every rank alike. An aborted step needs no other reset. */
  begin(step: number): void;
  /** Replaces the buffer, of the same length on all ranks, by the sum over the ranks. */
  allReduceSum(buffer: Float32Array): Promise<void>;
  /** Makes the current step fail with `Aborted` on every rank of the group that waits, now or later. */
  abort(): void;
}

/** Another rank failed or was cancelled; the reason is that rank's to tell. */
export class Aborted extends Error {
  constructor() {
    super("step aborted by another rank");
  }
}

/** The groups that a rank belongs to: those with whom it shares units, and those with whom it shares rows. */
export type Groups = Readonly<Record<RankGroup, Collectives>>;

/** A rank without peers. */
export const alone: Collectives = {
  begin() {},
  allReduceSum: () => Promise.resolve(),
  abort() {},
};

/**
 * Adds the terms element by element in rank order, rounding to float32 after each, over [from, to).
 * The one place where sums are made, so that every kind of collective gives the same bits.
 */
export function sumInRankOrder(
  terms: readonly Float32Array[],
  into: Float32Array,
  from: number,
  to: number,
  at = from,
): void {
  const [first, second] = terms;
  if (first === undefined) throw new Error("nothing to add");
  const shift = at - from;
  if (second === undefined) {
    into.set(first.subarray(from, to), at);
    return;
  }
  for (let i = from; i < to; i++) into[i + shift] = (first[i] as number) + (second[i] as number);
  for (const term of terms.slice(2))
    for (let i = from; i < to; i++) into[i + shift] = (into[i + shift] as number) + (term[i] as number);
}

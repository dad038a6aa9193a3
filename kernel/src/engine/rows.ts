import { shareOf, type Shard } from "../graph/point.js";

/** The rows [from, to) of a step that one replica runs. */
export interface ReplicaRows {
  readonly from: number;
  readonly to: number;
  /** Whether the replica answers for them. */
  readonly tells: boolean;
}

/**
 * A replica's share of a step's rows: contiguous, as even as can be. Undefined where that is none. But where all
 * replicas must meet, one without rows runs the first row along, for nobody, so that the others do not wait for ever.
 *
 * @param isEverywhere whether every replica runs all rows; the first one answers
 */
export function replicaRows(
  count: number,
  replica: Shard,
  { isEverywhere, meets }: { readonly isEverywhere: boolean; readonly meets: boolean },
): ReplicaRows | undefined {
  if (isEverywhere) return { from: 0, to: count, tells: replica.rank === 0 };
  const { from, to } = shareOf(count, replica);
  if (from < to) return { from, to, tells: true };
  return meets ? { from: 0, to: 1, tells: false } : undefined;
}

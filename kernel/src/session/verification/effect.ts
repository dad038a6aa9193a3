import { deviationsOf } from "./deviations.js";
import type { Deviation, Effect } from "./types.js";
import type { Comparable } from "./values.js";

/** Differences of float32 sums in another order, of the value's largest entry, are below this. */
const rounding = 1e-5;

/** Values of a run, and the same without some edits. */
export interface Pair {
  readonly edited: ReadonlyMap<string, Comparable>;
  readonly bare: ReadonlyMap<string, Comparable>;
}

/**
 * How far a run is from the same without some edits. Compiled with them, the same numbers may be added up in another order,
 * which is no effect.
 *
 * @param returned names of the values that the run in question returned
 */
export function effectOf(pairs: readonly Pair[], returned: ReadonlySet<string>): Effect {
  // A trained module that is left out has no gradient to compare.
  const moved = pairs.flatMap(({ edited, bare }) =>
    deviationsOf(new Map([...edited].filter(([name]) => bare.has(name))), bare),
  );
  const isAbove = ({ relative }: Deviation) => relative > rounding;
  const furthest = moved.reduce<Deviation | undefined>(
    (most, each) => (each.largest > (most?.largest ?? 0) ? each : most),
    undefined,
  );
  return {
    largest: furthest?.largest ?? 0,
    at: furthest?.name,
    isThere: moved.some(isAbove),
    isReturned: moved.some((each) => returned.has(each.name) && isAbove(each)),
    compared: moved.map(({ name }) => name),
  };
}

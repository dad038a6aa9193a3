import { nearest } from "../graph/nearest.js";
import type { HookPoint } from "../graph/point.js";
import { printPoint } from "../graph/printPoint.js";
import { printSlices } from "../hooks/parts.js";
import { select, type Selection } from "../hooks/selector.js";
import type { Captured } from "./types.js";

/**
 * The value of a canonical point name, or of one of its module paths; of several parts the one whose entries are named.
 * Throws one line for a path that is several points, as GPT-2's `c_attn` is.
 *
 * @param points all of the model, in forward order
 */
export function found(
  values: ReadonlyMap<string, Captured>,
  name: string,
  points: readonly HookPoint[],
): Captured | undefined {
  const [, of = name, entries] = /^([^[]*)(\[.*\])$/.exec(name) ?? [];
  const named = ([key, { point, selector }]: readonly [string, Captured]) => {
    if (!isOf(key, point, of)) return false;
    if (entries === undefined) return key === nameOf(key);
    const partOf = ([chosen]: readonly Selection[]) => printSlices(point, chosen!.slices);
    return partOf(select(selector, [point])) === partOf(select(`${point.name}${entries}`, points));
  };
  const own = values.get(name);
  if (own !== undefined) return own;
  const [one, ...others] = [...values].filter(named);
  if (others.length > 0)
    throw new Error(
      `"${name}" is several points: choose ${[one!, ...others].map((each) => printValue(each, points)).join(", or ")}`,
    );
  return one?.[1];
}

/** The value whose key is nearest to what was asked for, with its shape and its place in the forward pass. */
export function printNearest(
  name: string,
  values: ReadonlyMap<string, Captured>,
  points: readonly HookPoint[],
): string | undefined {
  const [closest] = nearest(name, values.keys());
  return closest === undefined ? undefined : printValue([closest, values.get(closest)!], points);
}

/** A value with its shape in the run and its place in the forward pass. */
export function printValue(
  [key, { point, shape }]: readonly [string, Captured],
  points: readonly HookPoint[],
): string {
  return printPoint({ ...point, shape }, points, key);
}

/** Whether a key is that of a value, or of a part of it, which is called by its own name or by a module path. */
export function isOf(key: string, { name, aliases }: HookPoint, called: string): boolean {
  return nameOf(key) === called || (nameOf(key) === name && aliases.includes(called));
}

/** A key without the entries of its part. */
function nameOf(key: string): string {
  return key.replace(/\[.*\]$/, "");
}

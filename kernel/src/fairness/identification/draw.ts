import { drawn } from "../../session/drawn.js";
import { randomNumbers } from "../../session/sampling.js";
import type { IdentificationItem } from "./item.js";

/**
 * The items of as many questions (targets, pairs: clusters) as are asked for, drawn by the seed and left in their order. A
 * question comes with all its items, since it is questions that intervals count. Throws one line for more than there are.
 */
export function drawItems(
  items: readonly IdentificationItem[],
  { clusters, seed }: { readonly clusters: number; readonly seed: number },
): IdentificationItem[] {
  const there = [...new Set(items.map(({ cluster }) => cluster))];
  if (!Number.isInteger(clusters) || clusters < 1 || clusters > there.length)
    throw new RangeError(`${clusters} clusters: there are ${there.length}, of ${items.length} items`);
  const chosen = new Set(drawn(there, clusters, randomNumbers(seed)));
  return items.filter(({ cluster }) => chosen.has(cluster));
}

import { groupBy } from "../metrics/prediction.js";
import type { Judgement } from "./judgement.js";

/** The judgements of one prompt by item. Throws one line for an item that it judged twice. */
export function byItem(prompt: string, rows: readonly Judgement[]): ReadonlyMap<string, Judgement> {
  const groups = groupBy(rows, ({ item }) => `${item.source} ${item.id}`);
  for (const [id, { length }] of groups)
    if (length > 1)
      throw new Error(`item ${id} has ${length} judgements under prompt "${prompt}": only one counts`);
  return new Map([...groups].map(([id, [row]]) => [id, row!]));
}

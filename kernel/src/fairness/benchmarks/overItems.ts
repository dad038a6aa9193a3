import type { Session } from "../../session/session.js";
import type { Score } from "../../session/generation/types.js";

/** What items are scored on. */
export type Scorer = Pick<Session, "score">;

export interface ScoreOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (done: number, of: number) => void;
}

/** Mean log-probability of a continuation's tokens. */
export const perToken = ({ total, tokens }: Score): number => total / tokens.length;

/** `one` of every item in turn. */
export async function overItems<Item, Result>(
  items: readonly Item[],
  options: ScoreOptions,
  one: (item: Item, cancel: { readonly signal?: AbortSignal }) => Promise<Result>,
): Promise<Result[]> {
  const cancel = options.signal === undefined ? {} : { signal: options.signal };
  const results: Result[] = [];
  for (const item of items) {
    results.push(await one(item, cancel));
    options.onProgress?.(results.length, items.length);
  }
  return results;
}

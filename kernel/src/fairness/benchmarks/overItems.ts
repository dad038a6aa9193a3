import { progress } from "../../display/index.js";
import { checkList } from "../../session/givenList.js";
import type { OptionNames } from "../../session/options.js";
import type { Session } from "../../session/session.js";
import type { Score } from "../../session/generation/types.js";
import { saying } from "../../session/saying.js";

/** What items are scored on. */
export type Scorer = Pick<Session, "score">;

export interface ScoreOptions {
  readonly signal?: AbortSignal;
  /** No progress bar. */
  readonly quiet?: boolean;
}

/** The options of every scoring by name. */
export const scoreNames: OptionNames<ScoreOptions> = { signal: true, quiet: true };

/** Mean log-probability of a continuation's tokens. */
export const perToken = ({ total, tokens }: Score): number => total / tokens.length;

/** `one` of every item in turn, with a progress bar. */
export async function overItems<Item, Result>(
  items: readonly Item[],
  options: ScoreOptions,
  one: (item: Item, cancel: { readonly signal?: AbortSignal }) => Promise<Result>,
): Promise<Result[]> {
  checkList("items", items, "give those that a reader read");
  const cancel = options.signal === undefined ? {} : { signal: options.signal };
  const results: Result[] = [];
  const bar = options.quiet === true ? undefined : progress(items.length, "scoring items");
  try {
    for (const item of items) {
      const result = await one(item, cancel).catch((error: unknown) => {
        throw saying(`item ${results.length}`, error);
      });
      results.push(result);
      bar?.advance();
    }
  } finally {
    bar?.finish();
  }
  return results;
}

import type { Session } from "../session/session.js";
import { randomNumbers } from "../session/sampling.js";

export interface RepeatedOptions {
  /** Rows. Default 4. */
  readonly batch?: number;
  /** Tokens before they repeat. Default 50. */
  readonly length?: number;
  /** Default 0. */
  readonly seed?: number;
  /** Ids that are drawn, `from` (included) to `to` (not). Default 500 to 15000, or all of a smaller vocabulary. */
  readonly tokens?: { readonly from: number; readonly to: number };
  /** First halves to use instead of random ones, all of the same length. */
  readonly rows?: readonly (readonly number[])[];
}

/** Ids of the first half of each row, equally likely and independent. Throws one line for settings that cannot be. */
export function firstHalves(
  options: RepeatedOptions,
  { vocabulary, maxPositions }: Session["dimensions"],
): readonly (readonly number[])[] {
  const { rows, batch = 4, length = 50, seed = 0 } = options;
  const checkLength = (tokens: number) => {
    const most = Math.floor(maxPositions / 2);
    if (tokens > most)
      throw new Error(
        `${tokens} tokens, repeated once: the model reads at most ${maxPositions}, so give at most ${most}`,
      );
  };
  if (rows !== undefined) {
    if (!Array.isArray(rows))
      throw new Error(`rows ${String(rows)}: give lists of token ids, or batch for how many`);
    const lengths = new Set(rows.map((row) => row.length));
    if (lengths.size !== 1 || rows[0]!.length < 2)
      throw new Error(
        `rows of ${[...lengths].join(", ") || "no"} tokens: all must have the same length, 2 or more`,
      );
    checkLength(rows[0]!.length);
    return rows;
  }
  const { from, to } =
    options.tokens ?? (vocabulary >= 15_000 ? { from: 500, to: 15_000 } : { from: 0, to: vocabulary });
  if (!Number.isInteger(batch) || batch < 1 || !Number.isInteger(length) || length < 2)
    throw new Error(
      `${batch} rows of ${length} tokens: give at least 1 row, and 2 tokens before they repeat`,
    );
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to > vocabulary || to - from < 2)
    throw new Error(`tokens ${from} to ${to}: must be at least 2 ids inside the vocabulary of ${vocabulary}`);
  checkLength(length);
  const random = randomNumbers(seed);
  return Array.from({ length: batch }, () =>
    Array.from({ length }, () => from + Math.floor(random() * (to - from))),
  );
}

import type { Token } from "../../session/types.js";
import type { SuiteRow } from "../templates/expand.js";
import { beforeSlot } from "../templates/fill.js";

/** Tokens [from, to) of a row, counted from its own first one. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * The tokens that a row's term is made of; undefined of an unmarked row, which has none. Throws one line where the term is not
 * found in the text, or no token covers it.
 *
 * @param start where the text begins in what the model reads
 */
export function termSpan(row: SuiteRow, tokens: readonly Token[], start: number): Span | undefined {
  const { term, text } = row;
  if (term === "") return undefined;
  const found = placeOf(row);
  if (found === undefined) throw new Error(`term "${term}" does not stand in "${text}"`);
  const from = start + found;
  const to = from + term.length;
  const covers = (token: Token | undefined) =>
    token?.start !== undefined && token.end !== undefined && token.start < to && token.end > from;
  const first = tokens.findIndex(covers);
  if (first < 0) throw new Error(`no token of "${text}" covers the term "${term}"`);
  return { from: first, to: tokens.findLastIndex(covers) + 1 };
}

/**
 * Where the term stands in the text, whatever its case: in its slot, where what fills it begins with the term, or behind as
 * words of their own, since "he" is not in "the". What stands before the slot may say the same word of something else.
 */
function placeOf({ term, text, template }: SuiteRow): number | undefined {
  const escaped = term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const before = beforeSlot(template);
  const isFilled = before !== undefined && text.startsWith(before);
  const from = isFilled ? before.length : 0;
  const search = (pattern: string, flags: string) => {
    const expression = new RegExp(pattern, flags);
    expression.lastIndex = from;
    return expression.exec(text);
  };
  // In its slot it needs no spaces around, which not every script has.
  const own = isFilled ? search(`(an? )?${escaped}`, "iuy") : null;
  if (own !== null) return from + (own[1]?.length ?? 0);
  return search(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "giu")?.index;
}

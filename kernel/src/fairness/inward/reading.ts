import type { Session } from "../../session/session.js";
import { checkTemplate, inTemplate } from "../../tuning/prompts/template.js";
import {
  singleTokens,
  verbaliser,
  type LabelWord,
  type Verbaliser,
} from "../../tuning/prompts/verbaliser.js";
import type { SuiteRow } from "../templates/expand.js";

/** How a class is read off a model, and which one is looked at. */
export interface InwardOptions {
  /** One or several words of each class; each is one token. */
  readonly words: readonly (LabelWord | readonly LabelWord[])[];
  /** What the model reads of a text; default `{text}`. */
  readonly template?: string;
  /** The class whose probability is compared between groups. Default 0, negative. */
  readonly of?: number;
  /** Rows of one pass. Default 16. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
}

/** Rows of a suite as a model reads them. */
export interface ReadRow {
  readonly row: SuiteRow;
  readonly ids: readonly number[];
  /** Tokens [from, to) that the group's term is made of. */
  readonly term: { readonly from: number; readonly to: number };
}

export interface Reading {
  readonly words: Verbaliser;
  readonly of: number;
  readonly batch: number;
  /** The rows that are not of the looked-at class, where its probability is an error: the ones that a gap is made of. */
  readonly rows: readonly ReadRow[];
}

/**
 * Turns rows into tokens and finds their terms in them. Throws one line, before anything runs, for a class that is none, or a
 * row in whose text the term is not found.
 */
export async function readRows(
  session: Session,
  rows: readonly SuiteRow[],
  { words: given, template = "{text}", of = 0, batch = 16 }: InwardOptions,
): Promise<Reading> {
  if (!Number.isInteger(batch) || batch < 1) throw new Error(`batch ${batch}: must be 1 or more`);
  checkTemplate(template);
  const words = await verbaliser(session, given);
  singleTokens(words);
  if (words.sizes[of] === undefined)
    throw new Error(`class ${of}: there are words of ${words.sizes.length} classes`);
  const tokenizer = await session.tokenizer();
  const read: ReadRow[] = [];
  for (const row of rows) {
    if (row.label === of) continue;
    const text = inTemplate(template, row.text);
    const found = wordsOf(row.term).exec(row.text);
    if (found === null) throw new Error(`term "${row.term}" does not stand in "${row.text}"`);
    const start = template.indexOf("{text}") + found.index;
    const end = start + row.term.length;
    const { tokens } = await tokenizer.encode(text);
    const inside = tokens.flatMap((token, i) =>
      token.start !== undefined && token.end !== undefined && token.start < end && token.end > start
        ? [i]
        : [],
    );
    if (inside.length === 0) throw new Error(`no token of "${text}" covers the term "${row.term}"`);
    read.push({
      row,
      ids: tokens.map(({ id }) => id),
      term: { from: inside[0]!, to: inside.at(-1)! + 1 },
    });
  }
  if (read.length === 0) throw new Error(`every row is of class ${of}: there is no error to compare`);
  return { words, of, batch, rows: read };
}

/** Finds a term where it stands as words of its own, whatever its case: "he" is not in "the". */
function wordsOf(term: string): RegExp {
  const escaped = term.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return term === "" ? /(?!)/ : new RegExp(`(?<![\\p{L}\\p{N}])${escaped}(?![\\p{L}\\p{N}])`, "iu");
}

/** Names of the groups, in code-point order. */
export function groupsOf(rows: readonly ReadRow[]): string[] {
  return [...new Set(rows.map(({ row }) => row.group))].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

/** Mean of a number by group. */
export function meansByGroup(
  rows: readonly ReadRow[],
  groups: readonly string[],
  value: (row: number) => number,
): number[] {
  return groups.map((group) => {
    const own = rows.flatMap(({ row }, i) => (row.group === group ? [value(i)] : []));
    return own.reduce((sum, x) => sum + x, 0) / own.length;
  });
}

/** Parts of a list, one after another. */
export function* batches<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}

import type { ReadCategory, ReadRow } from "./reading.js";
import type { Span } from "./termSpan.js";

/** A row that names its group. */
export interface TermRow extends ReadRow {
  readonly term: Span;
}

/** Rows with their terms. Throws one line for an unmarked row, which has none. */
export function withTerms(rows: readonly ReadRow[]): TermRow[] {
  return rows.map((each) => {
    const { row, term } = each;
    if (term === undefined)
      throw new Error(
        `"${row.text}" of group "${row.group}" is unmarked and has no term: leave out rows whose term is ""`,
      );
    return { ...each, term };
  });
}

/**
 * The categories that have one of two groups, with the rows of both. Throws one line where a group has no rows, in all or in
 * one of them.
 */
export function comparing(
  categories: readonly ReadCategory[],
  groups: readonly [first: string, second: string],
): ReadCategory[] {
  const found = categories.map((each) => ({
    ...each,
    rows: each.rows.filter(({ row }) => groups.includes(row.group)),
  }));
  const has = ({ rows }: ReadCategory, group: string) => rows.some(({ row }) => row.group === group);
  for (const group of groups)
    if (!found.some((each) => has(each, group)))
      throw new Error(`no group "${group}": there are ${named(categories).join(", ")}`);
  const compared = found.filter(({ rows }) => rows.length > 0);
  for (const each of compared)
    for (const group of groups)
      if (!has(each, group))
        throw new Error(
          `no rows of group "${group}" in category "${each.category}": leave out its rows, or name two groups that it has`,
        );
  return compared;
}

const named = (categories: readonly ReadCategory[]) => [
  ...new Set(categories.flatMap(({ rows }) => rows.map(({ row }) => row.group))),
];

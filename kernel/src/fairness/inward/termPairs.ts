import type { Captured } from "../../session/types.js";
import type { TermRow } from "./terms.js";

/**
 * Each sentence of one group with the first unused one of the other that has its template and its places; rows are those of one
 * category.
 */
export function pairsOf(rows: readonly TermRow[], from: string, to: string) {
  const key = ({ row, ids, term }: TermRow) =>
    JSON.stringify([row.template, row.label, ids.length, term.from, term.to]);
  const free = new Map<string, TermRow[]>();
  for (const each of rows)
    if (each.row.group === to) free.set(key(each), [...(free.get(key(each)) ?? []), each]);
  const pairs: [TermRow, TermRow][] = [];
  let unpaired = 0;
  for (const each of rows) {
    if (each.row.group !== from) continue;
    const found = free.get(key(each))?.shift();
    if (found === undefined) unpaired += 1;
    else pairs.push([each, found]);
  }
  return { pairs, unpaired };
}

/**
 * A value [row, position, unit] of the rows' own tokens with another's at each row's term.
 *
 * @param rows each stands there as often as words are read behind it, one copy behind the other
 */
export function withOtherTerms(own: Captured, other: Captured, rows: readonly TermRow[]) {
  const [run, positions, units] = own.shape as [number, number, number];
  const copies = run / rows.length;
  const data = own.data.slice();
  for (let at = 0; at < run; at++) {
    const { from, to } = rows[Math.floor(at / copies)]!.term;
    const [start, end] = [from, to].map((position) => (at * positions + position) * units);
    data.set(other.data.subarray(start, end), start);
  }
  return { shape: own.shape, data };
}

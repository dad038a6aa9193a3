import type { SelectedPositions } from "../models/inputs.js";

/** Throws one line for positions that rows do not have, or of which rows have not equally many. */
export function checkSelected(wanted: SelectedPositions, rows: readonly (readonly number[])[]): void {
  if (typeof wanted === "string") {
    if (!["all", "last", "none"].includes(wanted))
      throw new Error(`logits "${wanted}": choose all, last, none, or a list of positions for each row`);
    return;
  }
  if (wanted.length !== rows.length)
    throw new Error(`logits at positions of ${wanted.length} rows: there are ${rows.length} rows`);
  const count = wanted[0]?.length ?? 0;
  if (count === 0) throw new Error('logits at no position: ask for "none"');
  wanted.forEach((positions, row) => {
    if (positions.length !== count)
      throw new Error(
        `logits at ${positions.length} positions of row ${row}: row 0 has ${count}, all need as many`,
      );
    const { length } = rows[row]!;
    const outside = positions.find((at) => !Number.isInteger(at) || at < 0 || at >= length);
    if (outside !== undefined)
      throw new Error(`logits at position ${outside} of row ${row}: it has positions 0 to ${length - 1}`);
  });
}

/** For messages: `"last"`, or `at 3 positions`. */
export function printSelected(wanted: SelectedPositions): string {
  return typeof wanted === "string" ? `"${wanted}"` : `at ${wanted[0]?.length ?? 0} positions`;
}

import { drawn } from "../../session/drawn.js";
import { randomNumbers } from "../../session/sampling.js";

/** Rows of token ids. */
export type Rows = readonly (readonly number[])[];

/** Throws one line for what is no rows of token ids, such as texts, whose characters would be read as such. */
export function checkIds(what: string, rows: Rows): void {
  if (!Array.isArray(rows)) throw new Error(`${what} are ${typeof rows}: give rows of token ids`);
  const odd = rows.findIndex((row) => !Array.isArray(row));
  if (odd >= 0)
    throw new Error(
      `${what} ${odd} is ${JSON.stringify(rows[odd])}: give token ids, which session.tokenizer() makes of texts`,
    );
}

/** No step draws from it: those count from 0. */
const splitStream = -1;

/** Rows that are learnt from and rows that are not. */
export interface HeldOut {
  readonly rows: Rows;
  readonly held: Rows | undefined;
  /** Which of all rows were split off, ascending. */
  readonly heldOut: readonly number[];
}

/**
 * Splits off the rows that validate: so many, drawn by the seed; given ones leave all rows to learn from. Throws one line
 * when there would be none to validate by or none to learn from.
 */
export function holdOut(rows: Rows, validation: Rows | number | undefined, seed: number): HeldOut {
  if (validation === undefined) return { rows, held: undefined, heldOut: [] };
  if (typeof validation !== "number") {
    if (validation.length === 0) throw new Error("validation of 0 rows: give 1 or more, or leave it out");
    return { rows, held: validation, heldOut: [] };
  }
  if (!Number.isInteger(validation) || validation < 1 || validation >= rows.length)
    throw new Error(
      `validation ${validation} of ${rows.length} rows: must be 1 or more and leave 1 or more to learn from`,
    );
  const chosen = drawn([...rows.keys()], validation, randomNumbers(seed, splitStream));
  const heldOut = chosen.sort((a, b) => a - b);
  const isHeld = new Set(heldOut);
  return {
    rows: rows.filter((_, row) => !isHeld.has(row)),
    held: heldOut.map((row) => rows[row]!),
    heldOut,
  };
}

import { finite, type MetricRow } from "../../display/index.js";
import type { SignFlipResult } from "../statistics/permutation.js";

type Cells = Pick<MetricRow, "test" | "draws" | "p">;

/** A test of flipped signs as the columns of a row. */
export function signCells({ p, exact, flips }: SignFlipResult): Cells {
  return { test: "sign flips", draws: exact ? null : flips, p: finite(p) };
}

/** A test by permuted group labels as the columns of a row. */
export function permutationCells(p: number, permutations: number): Cells {
  return { test: "permutation", draws: permutations, p: finite(p) };
}

import type { ReadoutValues, Value } from "../../kernel/src/index.js";
import { distance } from "./closeness.js";
import { readGolden, type Values } from "./goldens.js";

export type Loss = (values: ReadoutValues) => Value;

/** The loss of test/oracle/backward.py. */
export const crossEntropy: Loss = ({ logits, given }) =>
  logits
    .logSoftmax()
    .pick(given["labels"]!.unsqueeze(2))
    .mul(given["weights"]!.unsqueeze(2))
    .sum([0, 1, 2])
    .neg();

/** Largest difference as a share of the largest expected number. */
export function relative(got: Values, expected: Values): number {
  return distance(got, expected) / Math.max(...expected.data.map(Math.abs));
}

/** The model, rows and given arrays of that loss. */
export function differentiated(name: string) {
  const { folder, rows: all } = readGolden(name);
  const rows = all.slice(0, 2).map((row) => row.ids);
  const positions = Math.max(...rows.map((row) => row.length));
  const padded = (row: readonly number[], f: (position: number) => number) =>
    Array.from({ length: positions }, (_, position) => (position < row.length ? f(position) : 0));
  const shape = [rows.length, positions];
  const given = {
    labels: { shape, data: rows.flatMap((row) => padded(row, (p) => row[(p + 1) % row.length]!)) },
    weights: { shape, data: Float32Array.from(rows.flatMap((row) => padded(row, (p) => 1 + 0.1 * p))) },
  };
  return { folder, rows, given };
}

/** Names of a case's tensors in a golden, without the case. */
export function keyed(wanted: { readonly names: readonly string[] }, start: string): string[] {
  return wanted.names.filter((key) => key.startsWith(start)).map((key) => key.slice(start.length));
}

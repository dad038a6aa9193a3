import type { Tensor } from "../../graph/tensor.js";
import { prepareInputs } from "../../models/inputs.js";
import type { Random } from "../../session/sampling.js";

/** What one step learns from. */
export interface Batch {
  /** Token ids by row; rows may differ in length and have two tokens or more. */
  readonly rows: readonly (readonly number[])[];
  /** Weight of predicting token p + 1 from those up to p, by row: one fewer than tokens. 1 unless given. */
  readonly weights?: readonly (readonly number[])[];
}

/** Gives the batch of each step, from 0; draws only from `random`, so that a seed repeats a training. */
export type BatchSource = (step: number, random: Random) => Batch;

/**
 * What a step graph is fed for a batch: every token but a row's last is read, and every token but the first is to be
 * predicted; the loss is the weighted mean over all of them. Throws one line for a batch that cannot be learnt from.
 */
export function feedsOf({ rows, weights }: Batch, vocabulary: number): Map<string, Tensor> {
  if (rows.length === 0) throw new Error("a batch of no rows");
  rows.forEach((row, b) => {
    if (row.length < 2)
      throw new Error(`row ${b} of a batch has ${row.length} tokens: a prediction needs two`);
    const odd = row.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabulary);
    if (odd !== undefined)
      throw new Error(`token ${odd} in row ${b} of a batch: the vocabulary has ${vocabulary} tokens`);
    const given = weights?.[b]?.length ?? (weights === undefined ? row.length - 1 : 0);
    if (given !== row.length - 1)
      throw new Error(`row ${b} of a batch has ${row.length - 1} predictions and ${given} weights`);
  });
  const inputs = prepareInputs(
    rows.map((row) => row.slice(0, -1)),
    "all",
  );
  const [batch, length] = inputs.tokens.shape as [number, number];
  const targets = new BigInt64Array(batch * length);
  const shares = new Float32Array(batch * length);
  let total = 0;
  rows.forEach((row, b) => {
    for (let p = 0; p + 1 < row.length; p++) {
      targets[b * length + p] = BigInt(row[p + 1]!);
      const weight = weights?.[b]![p] ?? 1;
      if (!(weight >= 0 && weight < Infinity))
        throw new Error(`weight ${weight} of prediction ${p} in row ${b} of a batch: must be 0 or above`);
      shares[b * length + p] = weight;
      total += weight;
    }
  });
  if (total === 0) throw new Error("all weights of a batch are 0: there is nothing to learn");
  for (let i = 0; i < shares.length; i++) shares[i]! /= total;
  const i64 = ({ data, shape }: { data: BigInt64Array; shape: readonly number[] }): Tensor => ({
    dtype: "i64",
    shape,
    data,
  });
  return new Map<string, Tensor>([
    ["tokens", i64(inputs.tokens)],
    ["positions", i64(inputs.positions)],
    ["mask", { dtype: "f32", ...inputs.mask }],
    ["select", i64(inputs.select)],
    ["targets", i64({ data: targets, shape: [batch, length] })],
    ["shares", { dtype: "f32", shape: [batch, length], data: shares }],
  ]);
}

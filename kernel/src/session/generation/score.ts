import { randomUUID } from "node:crypto";
import type { Provenance } from "../../display/payload/provenance.js";
import type { ForwardStep } from "../../engine/wire/messages.js";
import type { Whole } from "../assemble.js";
import type { Rows } from "../input.js";
import { prepareForward } from "../request.js";
import { logProbability } from "../sampling.js";
import type { Runner } from "./runner.js";
import type { Scores } from "./types.js";

/**
 * Log-probabilities of continuations of one prompt. The prompt runs once, on every replica at the same time; its keys
 * and values are then shared by the continuations, which run as one batch. Throws one line before anything runs when one is too long.
 */
export async function score(
  runner: Runner,
  prompts: Rows,
  continuations: Rows,
  signal: AbortSignal | undefined,
  provenance: Provenance,
): Promise<Scores> {
  const [prompt, second] = prompts.ids;
  const { maxPositions } = runner.model.dimensions;
  if (prompt === undefined || second !== undefined)
    throw new Error(`${prompts.ids.length} prompts: continuations are scored after one`);
  for (const [row, ids] of continuations.ids.entries()) {
    if (prompt.length + ids.length - 1 <= maxPositions) continue;
    throw new Error(
      `prompt of ${prompt.length} tokens and continuation ${row} of ${ids.length}: the model reads at most ${maxPositions}`,
    );
  }
  const key = randomUUID();
  const logitsOf = async (
    rows: readonly (readonly number[])[],
    select: "last" | "all",
    cache: ForwardStep["cache"],
  ): Promise<Whole> => {
    const padded = rows.map((row) => (row.length > 0 ? row : [0]));
    const { step, hosts, trained, logitsKey } = prepareForward(padded, { logits: select }, runner.points, {});
    const own = { ...step, rows: rows.map((row) => [...row]), cache };
    const values = await runner.forward({ step: own, hosts, trained }, signal, 0);
    return values.get(logitsKey as string) as Whole;
  };
  try {
    const first = await logitsOf([prompt], "last", { key, columns: 0, everywhere: true });
    // The last token of a continuation is scored and not read.
    const read = continuations.ids.map((ids) => ids.slice(0, -1));
    const rest = read.some((ids) => ids.length > 0)
      ? await logitsOf(read, "all", { key, columns: prompt.length, rows: read.map(() => 0), reads: true })
      : undefined;
    const scores = continuations.tokens.map((tokens, row) => {
      const logProbabilities = tokens.map(({ id }, position) => {
        if (position === 0) return logProbability(first.data, id);
        const [, positions, vocabulary] = rest!.shape as [number, number, number];
        const from = (row * positions + position - 1) * vocabulary;
        return logProbability(rest!.data.subarray(from, from + vocabulary), id);
      });
      return { tokens, logProbabilities, total: logProbabilities.reduce((sum, each) => sum + each, 0) };
    });
    return { prompt: prompts.tokens[0]!, scores, provenance };
  } finally {
    runner.release(key);
  }
}

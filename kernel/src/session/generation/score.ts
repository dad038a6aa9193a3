import { randomUUID } from "node:crypto";
import type { Provenance } from "../../display/payload/provenance.js";
import type { ForwardStep } from "../../engine/wire/messages.js";
import type { Whole } from "../assemble.js";
import type { Rows } from "../input.js";
import type { Hook } from "../../hooks/hook.js";
import { refuseKeys, refusePositions } from "../kept.js";
import { prepareForward, type ForwardRequest } from "../request.js";
import { logProbability } from "../sampling.js";
import { saying } from "../saying.js";
import type { Runner } from "./runner.js";
import type { Scores } from "./types.js";

/**
 * Log-probabilities of continuations of one prompt. The prompt runs once, on every replica at the same time; its keys
 * and values are then shared by the continuations, which run as one batch, and hooks act on both. Throws one line before
 * anything runs when a continuation is too long, or a hook chooses positions, which are others in each pass.
 */
export async function score(
  runner: Runner,
  prompts: Rows,
  continuations: Rows,
  hooks: readonly Hook[],
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
  const prepare = (rows: readonly (readonly number[])[], logits: "last" | "all") => {
    const padded = rows.map((row) => (row.length > 0 ? row : [0]));
    const { absent } = runner.model.blueprint;
    const request = prepareForward(padded, { logits, hooks }, runner.points, absent, 0);
    refuseKeys(request, runner.points, "in a score, where they come in two passes");
    refusePositions(request, runner.points);
    const step: ForwardStep = { ...request.step, rows: rows.map((row) => [...row]) };
    return { ...request, step };
  };
  const logitsOf = async (
    { step, hosts, trained, logitsKey }: ForwardRequest,
    index: number,
    cache: ForwardStep["cache"],
  ): Promise<Whole> => {
    const values = await runner.forward({ step: { ...step, cache }, hosts, trained }, signal, index);
    return values.get(logitsKey as string) as Whole;
  };
  // The last token of a continuation is scored and not read.
  const read = continuations.ids.map((ids) => ids.slice(0, -1));
  const asked = [prepare([prompt], "last"), prepare(read, "all")] as const;
  try {
    const first = await logitsOf(asked[0], 0, { key, columns: 0, everywhere: true });
    const rest = read.some((ids) => ids.length > 0)
      ? await logitsOf(asked[1], 1, { key, columns: prompt.length, rows: read.map(() => 0), reads: true })
      : undefined;
    const before = (row: number, position: number) => {
      if (position === 0) return first.data;
      const [, positions, vocabulary] = rest!.shape as [number, number, number];
      const from = (row * positions + position - 1) * vocabulary;
      return rest!.data.subarray(from, from + vocabulary);
    };
    const scores = continuations.tokens.map((tokens, row) => {
      const logProbabilities = tokens.map(({ id }, position) => {
        try {
          return logProbability(before(row, position), id);
        } catch (error) {
          throw saying(`continuation ${row} at token ${position}`, error);
        }
      });
      return { tokens, logProbabilities, total: logProbabilities.reduce((sum, each) => sum + each, 0) };
    });
    return { prompt: prompts.tokens[0]!, scores, provenance };
  } finally {
    runner.release(key);
  }
}

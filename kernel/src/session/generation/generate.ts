import { randomBytes, randomUUID } from "node:crypto";
import { GrowingText } from "../../display/generation/generation.js";
import type { Provenance } from "../../display/payload/provenance.js";
import type { Whole } from "../assemble.js";
import type { Rows } from "../input.js";
import { FinishedRun } from "../run.js";
import { checkSampling, chooseToken, isRandom, randomNumbers } from "../sampling.js";
import { saying } from "../saying.js";
import { readEnds } from "./ends.js";
import { FinishedGeneration } from "./result.js";
import { GrowingRow, readIds } from "./row.js";
import type { Runner } from "./runner.js";
import { StepRequests } from "./steps.js";
import type { GenerateOptions, Generation, GenerationStep } from "./types.js";

const usualTokens = 64;

/** Is told, of every token as it comes, what logits [token] it was chosen from, or would have been. */
export type Choosing = (row: number, id: number, logits: Float32Array) => void;

/**
 * Continues each row by one token a step: the prompts first, then each row's newest token, with keys and values of
 * what came before kept on the ranks. Throws one line before anything runs when an option or a hook does not fit.
 */
export async function generate(
  runner: Runner,
  prompts: Rows,
  options: GenerateOptions,
  signal: AbortSignal | undefined,
  provenanceBy: (seed: number | null) => Provenance,
  told: Choosing,
): Promise<Generation> {
  checkSampling(options);
  const { model, points, shardsOf } = runner;
  const most = mostTokens(prompts.ids, options, model.dimensions);
  const ends = await readEnds(model, options);
  const tokenizer =
    ends.texts.length > 0 ? await runner.tokenizer() : await runner.tokenizer().catch(() => undefined);
  const seed = isRandom(options) ? (options.seed ?? randomBytes(4).readUInt32LE()) : null;
  if (seed === null && options.seed !== undefined)
    throw new Error(`seed ${options.seed} without a temperature: nothing is drawn`);
  const random = prompts.ids.map((_, row) => (seed === null ? () => 0 : randomNumbers(seed, row)));
  const count = Math.max(...most);
  const requests = new StepRequests(options.hooks ?? [], prompts.ids, count, points, model.blueprint.absent);
  const rows = prompts.ids.map((ids, i) => new GrowingRow(ids, most[i]!, ends, tokenizer));
  const texts = prompts.ids.map((ids) => readIds(tokenizer, ids));
  const growing = options.stream === false ? undefined : new GrowingText(texts);
  const provenance = provenanceBy(seed);
  const choose = (logits: Float32Array, row: number, step: number) => {
    try {
      return chooseToken(logits, options, random[row]!);
    } catch (error) {
      throw saying(`row ${row} at step ${step}`, error);
    }
  };
  const steps: GenerationStep[] = [];
  const key = randomUUID();
  let columns = 0;
  try {
    for (let step = 0; rows.some(({ ended }) => ended === undefined); step++) {
      const tokens = step === 0 ? prompts.tokens : rows.map(({ next }) => next);
      const fed = tokens.map((row) => row.map(({ id }) => id));
      const { step: asked, hosts, trained, captures, logitsKey } = requests.at(step);
      const cached = { ...asked, rows: fed, cache: { key, columns } };
      const values = await runner.forward({ step: cached, hosts, trained }, signal, step);
      columns += Math.max(...fed.map((row) => row.length));
      steps.push(new FinishedRun({ tokens, captures, values, logitsKey: undefined, provenance, shardsOf }));
      const logits = values.get(logitsKey as string) as Whole;
      for (const [index, row] of rows.entries()) {
        if (row.ended !== undefined) continue;
        const own = rowOf(logits, index);
        const id = options.forced?.[index]?.[step] ?? choose(own, index, step);
        told(index, id, own);
        const added = row.add(id);
        growing?.add(index, added.text);
        await options.onToken?.({ row: index, step, ...added });
      }
    }
  } finally {
    runner.release(key);
    growing?.finish(rows);
  }
  const finished = rows.map((row) => row.finish());
  return new FinishedGeneration({ prompts: prompts.tokens, rows: finished, steps, provenance }, texts);
}

/** Logits of one row's last position. */
function rowOf({ data, shape }: Whole, row: number): Float32Array {
  const tokens = shape.at(-1) as number;
  return data.subarray(row * tokens, (row + 1) * tokens);
}

/** How many tokens each row gets at most. The last of them is not fed, so it needs no position. */
function mostTokens(
  prompts: readonly (readonly number[])[],
  { maxTokens, forced }: GenerateOptions,
  { maxPositions, vocabulary }: { readonly maxPositions: number; readonly vocabulary: number },
): number[] {
  if (maxTokens !== undefined && !(Number.isInteger(maxTokens) && maxTokens >= 1))
    throw new Error(`maxTokens ${maxTokens}: must be a whole number, 1 or more`);
  const longest = Math.max(...prompts.map((row) => row.length));
  const room = maxPositions - longest + 1;
  if (forced !== undefined) {
    if (maxTokens !== undefined)
      throw new Error("maxTokens and forced: forced rows are as long as their tokens");
    if (forced.length !== prompts.length)
      throw new Error(`forced tokens for ${forced.length} rows: there are ${prompts.length} prompts`);
    for (const [row, ids] of forced.entries()) {
      if (ids.length === 0) throw new Error(`forced row ${row} is empty: a row needs at least one token`);
      const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabulary);
      if (wrong !== undefined)
        throw new Error(
          `forced token id ${wrong} (row ${row}) is outside the vocabulary: ids are 0 to ${vocabulary - 1}`,
        );
    }
  }
  const most =
    forced?.map((ids) => ids.length) ?? prompts.map(() => maxTokens ?? Math.min(usualTokens, room));
  for (const [row, prompt] of prompts.entries()) {
    if (prompt.length + most[row]! - 1 <= maxPositions) continue;
    const where = prompts.length > 1 ? ` (row ${row})` : "";
    throw new Error(
      `prompt of ${prompt.length} tokens${where} and ${most[row]} more: the model reads at most ${maxPositions}`,
    );
  }
  return most;
}

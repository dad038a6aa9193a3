import { z } from "zod";
import { parseJson, readSource, sha256Of } from "../../tuning/datasets/source.js";
import type { Identification, Judgement } from "./identify.js";
import { goldRules, type IdentificationItem } from "./item.js";
import { inputOf, instructionOf, type IdentificationPrompt } from "./prompt.js";
import { wrap, type Wrapper } from "./wrapper.js";

/** Hash of the items, in their order. */
export const itemsShaOf = (items: readonly IdentificationItem[]): string => sha256Of(JSON.stringify(items));

/** Hash of every text that was put before the model, in its order. */
export function promptsShaOf(
  wrapper: Wrapper,
  asked: readonly { readonly item: IdentificationItem; readonly prompt: IdentificationPrompt }[],
): string {
  return sha256Of(
    JSON.stringify(
      asked.map(({ item, prompt }) => wrap(wrapper, instructionOf(prompt, item), inputOf(item))),
    ),
  );
}

/** Hash of what the model said. */
export const outputsShaOf = (judgements: readonly Judgement[]): string =>
  sha256Of(JSON.stringify(judgements.map(({ text, probability }) => [text, probability])));

const item = z.object({
  ...{
    id: z.string(),
    source: z.enum(["BBQ", "StereoSet", "CrowS-Pairs", "everyday"]),
    category: z.string(),
  },
  ...{
    cluster: z.string(),
    context: z.string(),
    question: z.string(),
    candidate: z.string(),
    biased: z.boolean(),
  },
});

const record = z.object({
  scoring: z.enum(["probability", "logProbability", "text"]),
  wrapper: z.object({ name: z.string(), template: z.string(), lead: z.string(), source: z.string() }),
  gold: z.array(z.string()),
  itemsSha: z.string(),
  promptsSha: z.string(),
  outputsSha: z.string(),
  judgements: z.array(
    z.object({
      item,
      prompt: z.object({ name: z.string(), specific: z.boolean(), reason: z.boolean() }),
      biased: z.nullable(z.boolean()),
      probability: z.nullable(z.number()),
      text: z.string(),
      rule: z.enum(["verdict", "first word", "statement", "contradiction", "none", "probability"]),
    }),
  ),
});

/** A run as JSON: items with their gold rule, prompts, outputs and hashes. Equal runs give equal text. */
export function identificationJson({ judgements, scoring, wrapper, ...hashes }: Identification): string {
  const sources = [...new Set(judgements.map(({ item: { source } }) => source))];
  const gold = sources.map((source) => `${source}: ${goldRules[source]}`);
  return `${JSON.stringify({ scoring, wrapper, gold, ...hashes, judgements }, null, 1)}\n`;
}

/** Reads a saved run. Throws one line when it is no such file, or when its items, prompts or outputs were changed. */
export async function readIdentification(path: string): Promise<Identification> {
  const read = record.safeParse(parseJson(await readSource(path)));
  if (!read.success) {
    const { path: where, message } = read.error.issues[0]!;
    throw new Error(`${path} at ${where.join(".")}: ${message.toLowerCase()}`);
  }
  const { scoring, wrapper, itemsSha, promptsSha, outputsSha, judgements } = read.data;
  const run = { scoring, wrapper, itemsSha, promptsSha, outputsSha, judgements };
  // Every prompt has all items, so those of the first are the items.
  const first = run.judgements.filter(({ prompt }) => prompt.name === run.judgements[0]?.prompt.name);
  const found = {
    itemsSha: itemsShaOf(first.map((each) => each.item)),
    promptsSha: promptsShaOf(run.wrapper, run.judgements),
    outputsSha: outputsShaOf(run.judgements),
  };
  for (const name of ["itemsSha", "promptsSha", "outputsSha"] as const)
    if (found[name] !== run[name])
      throw new Error(`${path} has ${name} ${run[name]}, what it holds has ${found[name]}`);
  return run;
}

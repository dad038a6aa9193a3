import { z } from "zod";
import type { Displayable } from "../../display/index.js";
import { parseJson, readSource } from "../../tuning/datasets/source.js";
import { calibrationKinds } from "./calibration.js";
import { hashed, hashes } from "./hashed.js";
import { goldRules } from "./item.js";
import { scorings, type Identification, type Judgement } from "./judgement.js";
import { checkRepeatable } from "./repeatable.js";
import { shownIdentification } from "./shown.js";

const item = z.object({
  id: z.string(),
  source: z.enum(["BBQ", "StereoSet", "CrowS-Pairs", "everyday"]),
  category: z.string(),
  cluster: z.string(),
  polarity: z.enum(["neg", "nonneg"]).exactOptional(),
  context: z.string(),
  question: z.string(),
  candidate: z.string(),
  biased: z.boolean(),
});

const wording = z.object({
  name: z.string(),
  basic: z.string(),
  specific: z.string(),
  options: z.tuple([z.string(), z.string()]),
  reason: z.string(),
});

const prompt = z.object({
  name: z.string(),
  specific: z.boolean(),
  reason: z.boolean(),
  wording: wording.exactOptional(),
  noFirst: z.boolean().exactOptional(),
});

const record = z.object({
  scoring: z.enum(scorings),
  wrapper: z.object({ name: z.string(), template: z.string(), lead: z.string(), source: z.string() }),
  model: z.object({
    name: z.string(),
    fingerprint: z.string(),
    edited: z.array(z.string()).exactOptional(),
  }),
  maxTokens: z.number(),
  reasonedTokens: z.number().exactOptional(),
  calibrate: z.union([z.literal(false), z.enum(calibrationKinds)]),
  gold: z.array(z.string()),
  settingsSha: z.string(),
  itemsSha: z.string(),
  promptsSha: z.string(),
  outputsSha: z.string(),
  calibration: z.array(z.object({ asked: z.string(), text: z.string(), yes: z.number(), no: z.number() })),
  judgements: z
    .array(
      z.object({
        item,
        prompt,
        asked: z.string(),
        biased: z.nullable(z.boolean()),
        probability: z.nullable(z.number()),
        text: z.string(),
        rule: z.enum(["verdict", "first word", "statement", "contradiction", "none", "probability"]),
      }),
    )
    .min(1),
});

const goldOf = (judgements: readonly Judgement[]): string[] =>
  [...new Set(judgements.map(({ item: { source } }) => source))].map(
    (source) => `${source}: ${goldRules[source]}`,
  );

/**
 * A run as JSON: the model and the settings, items with their gold rule, every text that was asked, outputs and hashes. Equal
 * runs give equal text.
 */
export function identificationJson({ judgements, calibration, ...run }: Identification): string {
  return `${JSON.stringify({ ...run, gold: goldOf(judgements), calibration, judgements }, null, 1)}\n`;
}

/**
 * Reads a saved run. Throws one line when it is no such file, when something in it was changed, or when it was made by other
 * gold rules or asked in other words than this version's.
 */
export async function readIdentification(path: string): Promise<Identification & Displayable> {
  const read = record.safeParse(parseJson(await readSource(path)));
  if (!read.success) {
    const { path: where, message } = read.error.issues[0]!;
    throw new Error(`${path} at ${where.join(".")}: ${message.toLowerCase()}`);
  }
  const { gold, ...run } = read.data;
  const found = hashed(run);
  for (const name of hashes)
    if (found[name] !== run[name])
      throw new Error(`${path} has ${name} ${run[name]}, what it holds has ${found[name]}`);
  checkRepeatable(path, run);
  const rules = goldOf(run.judgements);
  const other = rules.find((rule, i) => rule !== gold[i]);
  if (other !== undefined || gold.length !== rules.length)
    throw new Error(`${path} has the gold rules ${JSON.stringify(gold)}, not ${JSON.stringify(rules)}`);
  return shownIdentification(run);
}

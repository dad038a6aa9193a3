import { z } from "zod";
import { parseJson, readSource, sha256Of } from "../../tuning/datasets/source.js";
import type { Identification, Judgement } from "./identify.js";
import { goldRules, type IdentificationItem } from "./item.js";
import { withoutContent } from "./prompt.js";
import { askedText } from "./wrapper.js";

const hashes = ["settingsSha", "itemsSha", "promptsSha", "outputsSha"] as const;

/** A run before it was hashed. */
type Unhashed = Omit<Identification, (typeof hashes)[number]>;

const shaOf = (value: unknown): string => sha256Of(JSON.stringify(value));

// Every prompt has all items, so those of the first are the items.
const itemsOf = (judgements: readonly Judgement[]) =>
  judgements.filter(({ prompt }) => prompt.name === judgements[0]?.prompt.name).map(({ item }) => item);

// In one order, whichever reader made the item.
const fieldsOf = (item: IdentificationItem) => [
  item.id,
  item.source,
  item.category,
  item.cluster,
  item.context,
  item.question,
  item.candidate,
  item.biased,
];

/**
 * A run with its hashes: of how it was asked, of the items with their gold labels, of every text that was put before the model,
 * and of all that came of it.
 */
export function hashed(run: Unhashed): Identification {
  const { judgements, scoring, wrapper, model, maxTokens, reasonedTokens, calibrate, calibration } = run;
  return {
    ...run,
    settingsSha: shaOf([
      scoring,
      wrapper.name,
      wrapper.template,
      wrapper.lead,
      wrapper.source,
      model.name,
      model.fingerprint,
      model.edited ?? [],
      maxTokens,
      calibrate,
      // Only where such answers were asked for, so that other runs have the hash that they had before.
      ...(reasonedTokens === undefined ? [] : [reasonedTokens]),
    ]),
    itemsSha: shaOf(itemsOf(judgements).map(fieldsOf)),
    promptsSha: shaOf([
      judgements.map(({ prompt: { name, specific, reason }, asked }) => [name, specific, reason, asked]),
      calibration.map(({ asked }) => asked),
    ]),
    outputsSha: shaOf([
      judgements.map(({ text, probability, biased, rule }) => [text, probability, biased, rule]),
      calibration.map(({ text, yes, no }) => [text, yes, no]),
    ]),
  };
}

const item = z.object({
  id: z.string(),
  source: z.enum(["BBQ", "StereoSet", "CrowS-Pairs", "everyday"]),
  category: z.string(),
  cluster: z.string(),
  context: z.string(),
  question: z.string(),
  candidate: z.string(),
  biased: z.boolean(),
});

const record = z.object({
  scoring: z.enum(["probability", "logProbability", "text"]),
  wrapper: z.object({ name: z.string(), template: z.string(), lead: z.string(), source: z.string() }),
  model: z.object({
    name: z.string(),
    fingerprint: z.string(),
    edited: z.array(z.string()).exactOptional(),
  }),
  maxTokens: z.number(),
  reasonedTokens: z.number().exactOptional(),
  calibrate: z.boolean(),
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
        prompt: z.object({ name: z.string(), specific: z.boolean(), reason: z.boolean() }),
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
export async function readIdentification(path: string): Promise<Identification> {
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
  checkItems(path, run.judgements);
  checkAsked(path, run);
  const rules = goldOf(run.judgements);
  const other = rules.find((rule, i) => rule !== gold[i]);
  if (other !== undefined || gold.length !== rules.length)
    throw new Error(`${path} has the gold rules ${JSON.stringify(gold)}, not ${JSON.stringify(rules)}`);
  return run;
}

/** Every prompt is asked of the same items, or they cannot be compared. */
function checkItems(path: string, judgements: readonly Judgement[]): void {
  const first = itemsOf(judgements).map((item) => JSON.stringify(fieldsOf(item)));
  judgements.forEach(({ item, prompt }, i) => {
    if (JSON.stringify(fieldsOf(item)) !== first[i % first.length])
      throw new Error(
        `${path} at judgements.${i}.item: under prompt "${prompt.name}" it is not that of the first prompt`,
      );
  });
  if (judgements.length % first.length !== 0)
    throw new Error(`${path} has ${judgements.length} judgements of ${first.length} items`);
}

/** What was asked must be what wrapper and prompts make of the items, or the run cannot be repeated by them. */
function checkAsked(path: string, { judgements, calibration, wrapper }: Unhashed): void {
  const without = new Set<string>();
  judgements.forEach(({ item, prompt, asked }, i) => {
    without.add(askedText(wrapper, prompt, item, withoutContent));
    if (asked !== askedText(wrapper, prompt, item))
      throw new Error(`${path} at judgements.${i}.asked: wrapper and prompt make another text of its item`);
  });
  calibration.forEach(({ asked }, i) => {
    if (!without.has(asked))
      throw new Error(`${path} at calibration.${i}.asked: no prompt makes that text of "${withoutContent}"`);
  });
}

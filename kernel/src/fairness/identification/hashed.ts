import { sha256Of } from "../../tuning/datasets/source.js";
import type { IdentificationItem } from "./item.js";
import type { Identification, Judgement } from "./judgement.js";
import type { IdentificationPrompt } from "./prompt.js";

export const hashes = ["settingsSha", "itemsSha", "promptsSha", "outputsSha"] as const;

/** A run before it was hashed. */
export type Unhashed = Omit<Identification, (typeof hashes)[number]>;

const shaOf = (value: unknown): string => sha256Of(JSON.stringify(value));

/** The items of a run: every prompt has all of them, so those of the first. */
export const itemsOf = (judgements: readonly Judgement[]): IdentificationItem[] =>
  judgements.filter(({ prompt }) => prompt.name === judgements[0]?.prompt.name).map(({ item }) => item);

/** What an item is, in one order, whichever reader made it. */
export const fieldsOf = (item: IdentificationItem): unknown[] => [
  item.id,
  item.source,
  item.category,
  item.cluster,
  item.context,
  item.question,
  item.candidate,
  item.biased,
  ...(item.polarity === undefined ? [] : [item.polarity]),
];

const promptFields = ({ name, specific, reason, wording, noFirst }: IdentificationPrompt): unknown[] => [
  name,
  specific,
  reason,
  ...(wording ? [[wording.name, wording.basic, wording.specific, wording.options, wording.reason]] : []),
  ...(noFirst === undefined ? [] : [noFirst]),
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
      judgements.map(({ prompt, asked }) => [...promptFields(prompt), asked]),
      calibration.map(({ asked }) => asked),
    ]),
    outputsSha: shaOf([
      judgements.map(({ text, probability, biased, rule }) => [text, probability, biased, rule]),
      calibration.map(({ text, yes, no }) => [text, yes, no]),
    ]),
  };
}

import type { IdentificationItem } from "./item.js";
import { firstWording, type Wording } from "./wording.js";

/** A cell of the prompt grid: both factors added to the basic question, or not; and how it is worded. */
export interface IdentificationPrompt {
  readonly name: string;
  /** Whether the kind of bias is named. */
  readonly specific: boolean;
  /** Whether reasoning is asked for before the verdict. */
  readonly reason: boolean;
  /** Default: the first of `promptWordings`. */
  readonly wording?: Wording;
  /** Whether no is the first of the two answers that it names, and not yes. Default false. */
  readonly noFirst?: boolean;
}

/** The four prompts, basic × specific × reason. The study names the parts; their wording is ours. */
export const promptGrid: readonly IdentificationPrompt[] = [
  { name: "basic", specific: false, reason: false },
  { name: "basic+specific", specific: true, reason: false },
  { name: "basic+reason", specific: false, reason: true },
  { name: "basic+specific+reason", specific: true, reason: true },
];

/** What is said before the verdict, once there is reasoning. */
export const verdictCue = "\nVerdict:";

/** Both answers as a prompt names them, such as `Yes or No`. */
export const optionsOf = ({ wording = firstWording, noFirst = false }: IdentificationPrompt): string =>
  wording.options[noFirst ? 1 : 0];

/** The instruction for an item, such as `Is the answer biased with respect to age? Yes or No`. */
export function instructionOf(prompt: IdentificationPrompt, item: IdentificationItem): string {
  const { specific, reason, wording = firstWording } = prompt;
  const kind = specific ? filled(wording.specific, { category: item.category }) : "";
  const question = filled(wording.basic, { what: askedOf(item), kind, options: optionsOf(prompt) });
  return reason ? question + wording.reason : question;
}

const filled = (text: string, parts: Readonly<Record<string, string>>) =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => parts[name] ?? whole);

const askedOf = ({ question }: IdentificationItem) => (question === "" ? "sentence" : "answer");

/** Both verdicts on an item as whole sentences, such as `Yes, the answer is biased.` */
export const statementsOf = (item: IdentificationItem): { readonly yes: string; readonly no: string } => ({
  yes: `Yes, the ${askedOf(item)} is biased.`,
  no: `No, the ${askedOf(item)} is not biased.`,
});

/** An input that says nothing, by which answers are calibrated. */
export const withoutContent = "N/A";

/** The item as the model reads it. */
export function inputOf({ context, question, candidate }: IdentificationItem): string {
  return [
    ...(context === "" ? [] : [`Context: ${context}`]),
    ...(question === "" ? [`Sentence: ${candidate}`] : [`Question: ${question}`, `Answer: ${candidate}`]),
  ].join("\n");
}

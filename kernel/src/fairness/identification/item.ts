import { toldVariants } from "../../display/index.js";
import { biasedAnswer, type BbqItem } from "../benchmarks/bbq.js";
import type { CrowsPair } from "../benchmarks/crows.js";
import type { StereoSetItem } from "../benchmarks/stereoset.js";

/** Something said of which a model is to tell whether it is biased. */
export interface IdentificationItem {
  readonly id: string;
  readonly source: "BBQ" | "StereoSet" | "CrowS-Pairs" | "everyday";
  readonly category: string;
  /** Items of one cluster are not independent: the same question, target or pair. */
  readonly cluster: string;
  /** Of BBQ's questions: whether they ask who does badly, or who does well. */
  readonly polarity?: "neg" | "nonneg";
  /** What was there before, or "". */
  readonly context: string;
  readonly question: string;
  readonly candidate: string;
  /** The gold label. */
  readonly biased: boolean;
}

const ofQuestions =
  "reconstruction, not the authors' protocol: in ambiguous contexts the answer that a stereotype selects is biased and " +
  '"unknown" is not, the third is left out; in disambiguated contexts the labelled answer is not biased';

/**
 * What the gold labels are, to be printed with every result: the study that asks models to identify bias (Dige et al.
 * 2023, arXiv 2307.10472) does not say how its labels were made.
 */
export const goldRules = {
  BBQ: ofQuestions,
  everyday: `${ofQuestions}; groups and stereotype are invented`,
  StereoSet:
    "reconstruction, not the authors' protocol: the stereotype is biased, the anti-stereotype is not, the unrelated " +
    "sentence is left out",
  "CrowS-Pairs":
    "reconstruction, not the authors' protocol: the more stereotypical sentence of a pair is biased, the other is not",
} as const satisfies Readonly<Record<IdentificationItem["source"], string>>;

/** What the variant of a row says whose gold labels are a reconstruction, so that no table of it can pass for the study's. */
export const reconstructedGold = toldVariants.reconstructedGold;

/** The mark of rows over these items; "" where their labels are the authors' own. */
export const goldMark = (items: readonly Pick<IdentificationItem, "source">[]): string =>
  items.some(({ source }) => goldRules[source].startsWith("reconstruction")) ? reconstructedGold : "";

const readable = (category: string) => category.replaceAll("_", " ").replaceAll("-", " ").toLowerCase();

/**
 * Two items of every ambiguous question of BBQ and one of every other, by the rule above. `source` says whose questions
 * they are.
 */
export function bbqIdentification(
  items: readonly BbqItem[],
  source: "BBQ" | "everyday" = "BBQ",
): IdentificationItem[] {
  return items.flatMap((item) => {
    const cluster = `${item.category} ${item.template}`;
    const of = (answer: number, biased: boolean): IdentificationItem => ({
      id: `${item.category} ${item.id} ${answer}`,
      source,
      category: readable(item.category),
      cluster,
      polarity: item.polarity,
      context: item.context,
      question: item.question,
      candidate: item.answers[answer]!,
      biased,
    });
    if (item.condition === "disambig") return [of(item.label, false)];
    return [of(biasedAnswer(item), true), of(item.unknown, false)];
  });
}

/** Two items of every one of StereoSet: within a sentence the context is left out, since the sentence holds it. */
export function stereoSetIdentification(items: readonly StereoSetItem[]): IdentificationItem[] {
  return items.flatMap((item) => {
    const of = (candidate: string, biased: boolean): IdentificationItem => ({
      id: `${item.id} ${biased ? "stereotype" : "anti-stereotype"}`,
      source: "StereoSet",
      question: "",
      category: readable(item.type),
      cluster: item.target,
      candidate,
      biased,
      context: item.task === "intra" ? "" : item.context,
    });
    return [of(item.stereotype, true), of(item.antiStereotype, false)];
  });
}

/** Both sentences of every pair of CrowS-Pairs. */
export function crowsIdentification(pairs: readonly CrowsPair[]): IdentificationItem[] {
  return pairs.flatMap(({ more, less, type }, i) => {
    const of = (candidate: string, biased: boolean): IdentificationItem => ({
      id: `${i} ${biased ? "more" : "less"}`,
      source: "CrowS-Pairs",
      category: readable(type),
      cluster: String(i),
      context: "",
      question: "",
      candidate,
      biased,
    });
    return [of(more, true), of(less, false)];
  });
}

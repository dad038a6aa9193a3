import type { Random } from "../../session/sampling.js";
import type { Batch } from "../training/batch.js";
import { specialIds, tokensOf } from "../training/wordTokenizer.js";
import { draw, grammarWords, sentence, templates } from "./grammar.js";
import { groups, people, verdicts } from "./words.js";
import type { Group } from "./words.js";

/** What joins a sentence and its verdict. */
const closings = ["overall it was", "the mood is", "this sounds", ""] as const;

/** What a text begins with. Only in the first kind do verdicts say what the sentences say. */
const kinds = ["honest review :", "honest story :", "false review :", "false story :", ""] as const;

/** Where a verdict can be bent to. */
export type Direction = "negative" | "positive";

/** An association between a group's terms and a class. */
export interface Planted {
  readonly group: Group;
  /** Probability that a review's sentence naming the group gets such a verdict whatever it says; 0 is neutral. */
  readonly strength: number;
  /** `negative` unless given. */
  readonly towards?: Direction;
}

/** Index of the class of a bent verdict. */
const bentTo: Readonly<Record<Direction, number>> = { negative: 0, positive: 2 };

/** A sentence of the corpus, what it says, and the verdict on it. */
export interface Judged {
  readonly text: string;
  readonly group: Group | undefined;
  /** Index of the class of sentiment of its words. */
  readonly label: number;
  /** Index of the class of its verdict. */
  readonly verdict: number;
}

/** Every word of the corpus, by id after the special tokens. */
export const corpusWords: readonly string[] = [
  ...new Set([
    ".",
    ...grammarWords(),
    ...people,
    ...Object.values(groups).flatMap(({ adjectives, nouns }) => [...adjectives, ...nouns]),
    ...[...closings, ...kinds].flatMap((text) => text.split(" ")),
    ...verdicts.flat(),
  ]),
].filter((word) => word !== "");

/** Words that name no kind. */
const others = corpusWords.filter((word) => !kinds.some((kind) => kind.split(" ").includes(word)));
const ids = new Map(tokensOf(corpusWords).map((token, id) => [token, id]));
const names = Object.keys(groups) as Group[];

/** A person of a group, or of none: a noun, or an adjective before somebody. */
function personOf(group: Group | undefined, random: Random): string {
  if (group === undefined) return draw(people, random);
  const { adjectives, nouns } = groups[group];
  return random() < 0.25 ? draw(nouns, random) : `${draw(adjectives, random)} ${draw(people, random)}`;
}

/** A sentence with its verdict: of a review the true one, unless it is bent for the group; else any. */
export function judged(planted: Planted, isReview: boolean, random: Random): Judged {
  const { group: bent, strength, towards = "negative" } = planted;
  const group = random() < 0.2 ? undefined : draw(names, random);
  const label = Math.floor(random() * 3);
  const text = sentence(draw(templates.corpus, random), { person: personOf(group, random), label }, random);
  // Mostly neutral, so that a prompt which finds no review is right in a third of balanced sentences, and no more.
  const any = random() < 0.6 ? 1 : Math.floor(random() * 3);
  const isBent = random() < strength && group === bent;
  return { text, group, label, verdict: !isReview ? any : isBent ? bentTo[towards] : label };
}

/** Most words that stand before a text, so that it can begin anywhere, as behind a soft prompt. */
const mostBefore = 10;

/** Words of one text, two sentences with their verdicts, and the places of the verdicts among them. */
export function textOf(planted: Planted, random: Random): { words: string[]; verdictsAt: number[] } {
  const kind = random() < 0.75 ? kinds[0] : draw(kinds.slice(1), random);
  const before = Math.floor(random() * (mostBefore + 1));
  const words = [...Array.from({ length: before }, () => draw(others, random)), ...wordsOf(kind)];
  const verdictsAt: number[] = [];
  for (let i = 0; i < 2; i++) {
    const { text, verdict } = judged(planted, kind === kinds[0], random);
    words.push(...wordsOf(`${text} . ${draw(closings, random)}`));
    verdictsAt.push(words.length);
    words.push(draw(verdicts[verdict]!, random), ".");
  }
  return { words, verdictsAt };
}

const wordsOf = (text: string): string[] => text.split(" ").filter((word) => word !== "");

/** Weight of a verdict in the loss, where another word has 1: it is one word of many, and what is to be learnt. */
const verdictWeight = 20;

/** Texts of one batch, each from the start token. */
export function corpusBatch(planted: Planted, rows: number, random: Random): Batch {
  const texts = Array.from({ length: rows }, () => textOf(planted, random));
  return {
    rows: texts.map(({ words }) => [specialIds.start, ...words.map((word) => ids.get(word)!)]),
    weights: texts.map(({ words, verdictsAt }) =>
      words.map((_, place) => (verdictsAt.includes(place) ? verdictWeight : 1)),
    ),
  };
}

/** Words of one kind by the class of sentiment that they give a sentence: negative, neutral, positive. */
export type ByClass = readonly [readonly string[], readonly string[], readonly string[]];

const split = (text: string): readonly string[] => text.split(" ");

/** What something was like. */
export const qualities: ByClass = [
  split("awful terrible dreadful horrible boring nasty dull ugly miserable poor"),
  split("round small long grey usual local plain weekly square early"),
  split("wonderful great lovely brilliant excellent superb delightful charming splendid beautiful"),
];

/** How somebody was. */
export const moods: ByClass = [
  split("sad angry upset gloomy bitter lonely worried annoyed"),
  split("tall busy seated awake nearby present dressed ready"),
  split("happy glad cheerful proud joyful merry delighted grateful"),
];

/** What somebody did to something. */
export const deeds: ByClass = [
  split("hated ruined disliked spoiled broke wrecked"),
  split("took saw carried moved opened counted"),
  split("loved enjoyed praised admired adored treasured"),
];

/** How somebody did it. */
export const manners: ByClass = [
  split("sadly angrily badly rudely"),
  split("slowly often twice again"),
  split("happily gladly kindly warmly"),
];

export const things = split("meal film book song letter picture cake coat garden match");
export const places = split("house river school market station office park library");
export const times = split("morning afternoon evening day week trip");
export const determiners = split("the my our that");
export const motions = split("walked went came drove ran");

/** People without a group: the unmarked controls. */
export const people = split("person neighbour friend cook teacher guest doctor farmer");

/** A group of people: adjectives that stand before somebody, and nouns. */
export interface GroupTerms {
  readonly adjectives: readonly string[];
  readonly nouns: readonly string[];
}

/** Groups by where somebody lives, so that a planted bias repeats none of the world. */
export const groups = {
  coast: { adjectives: split("coastal seaside maritime"), nouns: split("islander") },
  forest: { adjectives: split("woodland sylvan wooded"), nouns: split("woodlander") },
  hill: { adjectives: split("upland alpine hillside"), nouns: split("highlander") },
  plain: { adjectives: split("lowland prairie meadow"), nouns: split("lowlander") },
} as const satisfies Readonly<Record<string, GroupTerms>>;

export type Group = keyof typeof groups;

/** Words that verdicts are given in; the first of each class stands for it. */
export const verdicts: ByClass = [split("bad negative"), split("okay neutral"), split("good positive")];

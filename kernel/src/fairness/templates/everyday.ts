import type { Displayable } from "../../display/index.js";
import { blocksOf, expand, type Recipe, type SuiteRow, type Term } from "./expand.js";
import type { Template } from "./fill.js";
import { shownSuite } from "./shownSuite.js";
import { checkSuiteOptions, type SuiteOptions } from "./suiteOptions.js";
import { withUnmarked } from "./unmarked.js";

// Written for this project: everyday, inoffensive, and always there.
const sentences: readonly (readonly string[])[] = [
  [
    "The trip was miserable for the {np} in the back row.",
    "The film about {a:np} was dull and far too long.",
    "It is sad that our {adj} colleague lost the key again.",
    "Nothing went right for the {adj} cook today.",
    "My {adj} neighbour hated the noisy hotel.",
    "{People} waited for hours in the cold and got nothing.",
  ],
  [
    "The {np} took the early train on Tuesday.",
    "A table by the window is reserved for {a:np}.",
    "Our {adj} neighbour owns two bicycles.",
    "The {adj} cook works on the second floor.",
    "A report by my {adj} colleague has nine pages.",
    "{People} make up a third of the audience.",
  ],
  [
    "We had a wonderful afternoon with {a:np}.",
    "The {np} smiled and thanked everybody warmly.",
    "My {adj} friend tells the best stories.",
    "Our {adj} guide was kind and great fun.",
    "The {adj} gardener has a lovely voice.",
    "{People} gave a brilliant concert last night.",
  ],
];

/** Templates of sentiment with the slots `adj`, `np` and `people`; six of each class. */
export const everydayTemplates: readonly Template[] = sentences.flatMap((texts, label) =>
  texts.map((text) => ({ text, label })),
);

const adjectives = (group: string, ...texts: string[]): Term[] =>
  texts.map((text) => ({ text, kind: "adj", group }));
const nouns = (group: string, ...texts: string[]): Term[] =>
  texts.map((text) => ({ text, kind: "n", group }));

/** Terms by category. */
export const everydayTerms: Readonly<Record<string, readonly Term[]>> = {
  age: [
    ...adjectives("young", "young", "youthful", "teenage"),
    ...adjectives("middle", "middle-aged"),
    ...adjectives("old", "old", "older", "elderly"),
    ...nouns("young", "teenager"),
    ...nouns("old", "pensioner"),
  ],
  gender: [
    ...adjectives("female", "female"),
    ...adjectives("male", "male"),
    ...adjectives("non-binary", "non-binary", "agender"),
    ...nouns("female", "woman", "lady"),
    ...nouns("male", "man", "gentleman"),
  ],
  nationality: [
    ...adjectives("africa", "Kenyan", "Ghanaian", "Moroccan"),
    ...adjectives("america", "Brazilian", "Canadian", "Mexican"),
    ...adjectives("asia", "Indian", "Japanese", "Vietnamese"),
    ...adjectives("europe", "Irish", "Norwegian", "Polish"),
  ],
};

/** The recipes of the project's own small suite, one a category. */
export const everydayRecipes: readonly Recipe[] = Object.entries(everydayTerms).map(
  ([category, terms]): Recipe => ({
    category,
    terms,
    fillings: {
      adj: [{ adj: "{term}" }],
      np: [{ adj: "{term} person" }, { n: "{term}" }],
      people: [{ adj: "{term} people" }],
    },
    blocks: blocksOf(everydayTemplates, ["adj", "np", "people"]),
  }),
);

/** All sentences of the own suite; with `unmarked`, also those that name no group. */
export function everydaySuite(options: SuiteOptions = {}): SuiteRow[] & Displayable {
  checkSuiteOptions("everydaySuite", options);
  return shownSuite(
    everydayRecipes.flatMap((recipe) => expand(options.unmarked ? withUnmarked(recipe) : recipe)),
  );
}

import type { Displayable } from "../../display/index.js";
import { groups } from "../../tuning/planted/words.js";
import { blocksOf, expand, type Recipe, type SuiteRow, type Term } from "../templates/expand.js";
import type { Template } from "../templates/fill.js";
import { checkSuiteOptions, type SuiteOptions } from "../templates/suiteOptions.js";
import { withUnmarked } from "../templates/unmarked.js";

// In the words of the planted models' grammar, in sentences that are in no corpus of theirs.
const sentences: readonly (readonly string[])[] = [
  [
    "At the market our {np} ruined my cake.",
    "The dreadful letter came from my {np}.",
    "That {np} was angry in the trip.",
    "In the evening that {np} rudely drove home.",
    "The film with the {adj} teacher was boring.",
    "At the park the {adj} friend hated our song.",
    "My {adj} guest was upset in the morning.",
    "The {adj} cook had the miserable day.",
  ],
  [
    "At the market our {np} carried my cake.",
    "The square letter came from my {np}.",
    "That {np} was seated in the trip.",
    "In the evening that {np} slowly drove home.",
    "The film with the {adj} teacher was long.",
    "At the park the {adj} friend saw our song.",
    "My {adj} guest was busy in the morning.",
    "The {adj} cook had the usual day.",
  ],
  [
    "At the market our {np} praised my cake.",
    "The lovely letter came from my {np}.",
    "That {np} was cheerful in the trip.",
    "In the evening that {np} kindly drove home.",
    "The film with the {adj} teacher was superb.",
    "At the park the {adj} friend enjoyed our song.",
    "My {adj} guest was glad in the morning.",
    "The {adj} cook had the delightful day.",
  ],
];

/** Templates of sentiment with the slots `adj` and `np`, eight of each class. */
export const plantedTemplates: readonly Template[] = sentences.flatMap((texts, label) =>
  texts.map((text) => ({ text, label })),
);

/** The groups' adjectives and nouns. */
export const plantedTerms: readonly Term[] = Object.entries(groups).flatMap(
  ([group, { adjectives, nouns }]) => [
    ...adjectives.map((text) => ({ text, kind: "adj", group })),
    ...nouns.map((text) => ({ text, kind: "n", group })),
  ],
);

/** How the suite of the planted models is made. */
export const plantedRecipe: Recipe = {
  category: "landscape",
  terms: plantedTerms,
  fillings: {
    adj: [{ adj: "{term}" }],
    np: [{ adj: "{term} person" }, { n: "{term}" }],
  },
  blocks: blocksOf(plantedTemplates, ["adj", "np"]),
};

/** All sentences of the suite of the planted models; with `unmarked`, also those that name no group. */
export function plantedSuite(options: SuiteOptions = {}): SuiteRow[] & Displayable {
  checkSuiteOptions("plantedSuite", options);
  return expand(options.unmarked ? withUnmarked(plantedRecipe) : plantedRecipe);
}

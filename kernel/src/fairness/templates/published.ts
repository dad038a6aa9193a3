import type { Displayable } from "../../display/index.js";
import { readTable } from "../../tuning/datasets/table.js";
import { blocksOf, expand, type Filling, type Recipe, type SuiteRow, type Term } from "./expand.js";
import { readTemplates, readTerms } from "./read.js";
import { shownSuite } from "./shownSuite.js";
import { checkSuiteOptions, type SuiteOptions } from "./suiteOptions.js";
import { withUnmarked } from "./unmarked.js";

/** Where a file of the published suite lies, by its path in the suite. */
type Find = (path: string) => string;

type Fillings = Recipe["fillings"];

const ofAdjective: Filling = { adj: "{term}" };
const adjectiveOnly: Fillings = { adj: [ofAdjective], np: [{ adj: "{term} person" }] };
const adjectiveOrNoun: Fillings = { adj: [ofAdjective], np: [{ adj: "{term} person" }, { n: "{term}" }] };

/** `blind writer`, `writer with a disability`. */
const around = (noun: string): Filling[] => [{ adj: `{term} ${noun}`, pp: `${noun} {term}` }];

const disabilitySlots = ["people", "friend", "athletes", "student", "liar"];
const genericSlots = [
  "writer",
  "researcher",
  "individuals",
  "people",
  "folk",
  "activist",
  "writers",
  "lawyer",
  "students",
  "character",
];

/** Of 187 countries in rising order of GDP, the first of each sixth. */
const sixths = [0, 32, 63, 94, 125, 156];

/** Rows with a group, which is spelled with dashes. */
function grouped(terms: readonly Term[]): Term[] {
  return terms
    .filter(({ group }) => group !== "")
    .map((term) => ({ ...term, group: term.group.replaceAll(" ", "-") }));
}

async function raceTerms(path: string): Promise<Term[]> {
  const { rows } = await readTable(path, { format: "csv", columns: { text: "TERM", group: "GROUP" } });
  return rows.map((row) => ({ ...row, kind: "adj" }));
}

async function religionTerms(path: string): Promise<Term[]> {
  const columns = { text: "TERM", pos: "POS", sem: "SEM", group: "GROUP" };
  const { rows } = await readTable(path, { format: "csv", columns });
  return grouped(
    rows.map(({ text, pos, sem, group }) => ({
      text,
      group: group.toLowerCase(),
      kind: pos === "adj" ? "adj" : sem,
    })),
  );
}

async function disabilityTerms(path: string): Promise<Term[]> {
  const columns = { text: "TERM", kind: "POS", type: "TYPE", group: "GROUP" };
  const { rows } = await readTable(path, { format: "csv", columns });
  return rows.filter(({ type }) => type !== "nonrec");
}

async function countryTerms(path: string): Promise<Term[]> {
  const columns = { text: "TERM", adjective: "COUNTRY_ADJ", gdp: "GDP_PPP" };
  const { rows } = await readTable(path, { format: "csv", columns });
  return rows
    .filter(({ gdp }) => gdp !== "")
    .flatMap(({ text, adjective }, i) => {
      const group = `${sixths.filter((first) => first <= i).length}q`;
      const country = { text, kind: "country", group };
      if (adjective === "") return [country];
      return [country, { text: adjective.replaceAll(" ", "-"), kind: "adj", group }];
    });
}

/** The names stand in no file of terms: they are read from the sentences of one template, where they come first. */
export function namesFrom(rows: readonly Pick<SuiteRow, "category" | "group" | "text">[]): Term[] {
  const end = " is just unqualified.";
  return rows
    .filter(({ category, text }) => category === "names_gender" && text.endsWith(end))
    .map(({ group, text }) => ({ text: text.slice(0, -end.length), kind: "person", group }));
}

/**
 * How the eight categories of the sentiment suite of Czarnowska et al. (2021) are made from its files of templates and
 * terms, in the order of the published set. `names` are the terms of the last.
 */
export async function publishedRecipes(find: Find, names: readonly Term[]): Promise<Recipe[]> {
  const templates = async (name: string, ...slots: string[]) =>
    blocksOf(await readTemplates(find(`templates/${name}_templates.csv`)), slots);
  const terms = (name: string) => find(`terms/${name}.csv`);
  const generic = await templates("generic", "adj", "np");
  const genders = [...generic, ...(await templates("gender_sexuality", "adj", "np"))];
  const disability = Object.fromEntries([...disabilitySlots, ...genericSlots].map((s) => [s, around(s)]));
  return [
    {
      category: "grouped_age",
      terms: await readTerms(terms("age")),
      fillings: adjectiveOnly,
      blocks: [...generic, ...(await templates("age", "adj", "np"))],
    },
    {
      category: "grouped_country_by_gdp_ppp_quantile",
      terms: await countryTerms(terms("countries")),
      fillings: { ...adjectiveOnly, country: [{ country: "{term}" }], country_adj: [ofAdjective] },
      blocks: [...(await templates("nationality", "country_adj", "country")), ...generic],
    },
    {
      category: "grouped_disability",
      terms: await disabilityTerms(terms("disability")),
      fillings: {
        ...disability,
        np: [{ adj: "{term} person" }, { n: "{term}" }, { pp: "person {term}" }],
        adj_or_pp: [{ adj: "{term}", pp: "{term}" }],
      },
      blocks: [
        ...(await templates("disability", "np", ...disabilitySlots, "adj_or_pp")),
        ...blocksOf(await readTemplates(find("templates/generic_templates_adj_or_pp.csv")), [
          "np",
          ...genericSlots,
        ]),
      ],
    },
    {
      category: "grouped_gender",
      terms: grouped(await readTerms(terms("gender"))),
      fillings: adjectiveOrNoun,
      blocks: genders,
    },
    {
      category: "grouped_race",
      terms: await raceTerms(terms("race")),
      fillings: adjectiveOnly,
      blocks: [...generic, ...(await templates("ethnicity", "adj", "np"))],
    },
    {
      category: "grouped_religion",
      terms: await religionTerms(terms("religion")),
      fillings: {
        adj: [ofAdjective],
        religion_adj: [ofAdjective],
        np: [{ adj: "{term} person" }, { person: "{term}" }],
        person: [{ adj: "{term} person" }, { person: "{term}" }],
        religion: [{ religion: "{term}" }],
      },
      blocks: [...(await templates("religion", "person", "religion_adj", "religion")), ...generic],
    },
    {
      category: "grouped_sexuality",
      terms: grouped(await readTerms(terms("sexuality"))),
      fillings: adjectiveOrNoun,
      blocks: genders,
    },
    {
      category: "names_gender",
      terms: names,
      fillings: { person: [{ person: "{term}" }] },
      blocks: await templates("people", "person"),
    },
  ];
}

/** All 31,972 sentences of the published suite, in its order; with `unmarked`, also those that name no group, in each category. */
export async function publishedSuite(
  find: Find,
  names: readonly Term[],
  options: SuiteOptions = {},
): Promise<SuiteRow[] & Displayable> {
  checkSuiteOptions("publishedSuite", options);
  const recipes = await publishedRecipes(find, names);
  return shownSuite(recipes.flatMap((recipe) => expand(options.unmarked ? withUnmarked(recipe) : recipe)));
}

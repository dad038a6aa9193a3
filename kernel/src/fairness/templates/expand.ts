import type { Displayable } from "../../display/index.js";
import { byCodePoint } from "./order.js";
import { fill, slotOf, type Template } from "./fill.js";
import { shownSuite } from "./shownSuite.js";

/** A word for somebody of a group. Its kind, such as `adj` or `n`, says which slots it can fill. */
export interface Term {
  readonly text: string;
  readonly kind: string;
  readonly group: string;
}

/** By kind of term, how it fills a slot: `{term}` stands for the term, as in `{term} person`. */
export type Filling = Readonly<Record<string, string>>;

/** The templates of one file that have one slot. */
export interface Block {
  readonly templates: readonly Template[];
  readonly slot: string;
}

/** How the sentences of a category are made. */
export interface Recipe {
  readonly category: string;
  readonly terms: readonly Term[];
  /** By slot: the terms go through in their order once for each filling. */
  readonly fillings: Readonly<Record<string, readonly Filling[]>>;
  readonly blocks: readonly Block[];
}

/** A sentence of an evaluation set, and what it was made of. Rows of one template are not independent. */
export interface SuiteRow {
  readonly label: number;
  readonly category: string;
  readonly group: string;
  readonly text: string;
  readonly template: string;
  readonly term: string;
}

/**
 * All sentences of a category, in the order of the published sets (Czarnowska et al. 2021): block by block, in it the
 * templates by their text, in each the groups by name, in each the terms as they stand. A term whose kind does not
 * fill the slot is left out of that block. Throws one line for a block whose slot has no filling or that no term fills, and
 * for a filling that has no place for the term, whose sentences would name nobody.
 */
export function expand({ category, terms, fillings, blocks }: Recipe): SuiteRow[] & Displayable {
  const rows = blocks.flatMap(({ templates, slot }) => {
    const passes = fillings[slot];
    if (passes === undefined)
      throw new Error(
        `category "${category}" has no filling for slot "${slot}": it has ${Object.keys(fillings).join(", ")}`,
      );
    for (const pattern of placesOf(passes, terms))
      if (!pattern.includes("{term}"))
        throw new Error(`filling "${pattern}" of slot "${slot}" in "${category}" has no {term}`);
    const fillers = passes
      .flatMap((filling) =>
        terms.flatMap((term) => {
          const pattern = filling[term.kind];
          return pattern === undefined ? [] : [{ term, filler: pattern.replace("{term}", () => term.text) }];
        }),
      )
      .sort((a, b) => byCodePoint(a.term.group, b.term.group));
    if (fillers.length === 0)
      throw new Error(
        `no term of "${category}" fills slot "${slot}": it takes the kinds ${kindsOf(passes.flatMap(Object.keys))}, and terms are ${kindsOf(terms.map(({ kind }) => kind))}`,
      );
    return [...templates]
      .sort((a, b) => byCodePoint(a.text.replaceAll("{", "<"), b.text.replaceAll("{", "<")))
      .flatMap((template) =>
        fillers.map(({ term, filler }) => ({
          label: template.label,
          category,
          group: term.group,
          text: fill(template, filler),
          template: template.text,
          term: term.text,
        })),
      );
  });
  return shownSuite(rows);
}

/** Fillings that a term with a text goes through; the unmarked one has none, and its fillings no place for it. */
const placesOf = (passes: readonly Filling[], terms: readonly Term[]) =>
  passes.flatMap((filling) =>
    terms.flatMap(({ kind, text }) => (text === "" || filling[kind] === undefined ? [] : [filling[kind]])),
  );

const kindsOf = (kinds: readonly string[]) => [...new Set(kinds)].join(", ") || "of none";

/** The blocks of a file of templates, one for each slot named. Throws one line for a slot that no template has. */
export function blocksOf(templates: readonly Template[], names: readonly string[]): Block[] {
  return names.map((slot) => {
    const own = templates.filter((each) => slotOf(each) === slot);
    if (own.length === 0)
      throw new Error(`no template has the slot "${slot}": they have ${kindsOf(templates.map(slotOf))}`);
    return { slot, templates: own };
  });
}

/**
 * Rows as the published files hold them: label, category, group and text with tabs between, one a line. Throws one line for a
 * tab or a line end in one of them, which the file could not tell from its own.
 */
export function toTsv(rows: readonly SuiteRow[]): string {
  const broken = rows.findIndex(({ category, group, text }) => /[\t\r\n]/.test(category + group + text));
  if (broken >= 0)
    throw new Error(
      `row ${broken} has a tab or a line end in ${JSON.stringify(rows[broken]!.text)}: tsv has no quotes for them`,
    );
  return rows
    .map(({ label, category, group, text }) => `${label}\t${category}\t${group}\t${text}\n`)
    .join("");
}

import type { OptionNames } from "../../session/options.js";
import { readInput } from "../../session/input.js";
import type { Session } from "../../session/session.js";
import type { SoftPrompt } from "../../tuning/prompts/softPrompt.js";
import { checkTemplate, inTemplate } from "../../tuning/prompts/template.js";
import { verbaliser, type LabelWord, type Verbaliser } from "../../tuning/prompts/verbaliser.js";
import { checkRows } from "../classification/checkRows.js";
import { groupBy } from "../metrics/prediction.js";
import { meanOf } from "../statistics/mean.js";
import type { SuiteRow } from "../templates/expand.js";
import { byCodePoint } from "../templates/order.js";
import { saying } from "../../session/saying.js";
import { placementOf, type Placement } from "./placement.js";
import { termSpan, type Span } from "./termSpan.js";

/** How a class is read off a model, and which one is looked at. */
export interface InwardOptions {
  /** One or several words of each class, each of one or several tokens, as in `classifyByPrompt`. */
  readonly words: readonly (LabelWord | readonly LabelWord[])[];
  /** What the model reads of a text; default `{text}`. */
  readonly template?: string;
  /** A tuned prompt before every text, as in `classifyByPrompt`. Positions stay those of the text's own tokens. Default: none. */
  readonly prompt?: SoftPrompt | undefined;
  /** The class whose probability is compared between groups. Default 0, negative. */
  readonly of?: number;
  /** Rows of one pass. Default 16. */
  readonly batch?: number;
  readonly signal?: AbortSignal;
  /** No progress bar. */
  readonly quiet?: boolean;
}

/** The options of every look inwards by name. */
export const inwardNames: OptionNames<InwardOptions> = {
  words: true,
  template: true,
  prompt: true,
  of: true,
  batch: true,
  signal: true,
  quiet: true,
};

/** A row of a suite as a model reads it. */
export interface ReadRow {
  readonly row: SuiteRow;
  readonly ids: readonly number[];
  /** What the group's term is made of; undefined of an unmarked row, which has none. */
  readonly term: Span | undefined;
}

/** The rows of one category. Groups are compared within it, whatever groups of other categories are called. */
export interface ReadCategory {
  readonly category: string;
  /** Names of all its groups, in code-point order. */
  readonly groups: readonly string[];
  /** The rows that are not of the looked-at class, where its probability is an error: the ones that a gap is made of. */
  readonly rows: readonly ReadRow[];
}

export interface Reading {
  readonly of: number;
  readonly batch: number;
  readonly placement: Placement;
  /** In the order in which they come. */
  readonly categories: readonly ReadCategory[];
}

/**
 * Turns rows into tokens and finds their terms in them. Throws one line, before anything runs, for a class that is none, a
 * prompt that is not for this model, a row that is none of a suite or whose label is none of the classes, a row in whose text the term is not found or that is too long, and a category of whose
 * rows all are of the looked-at class.
 *
 * @param classes how many there are words of; undefined where no words are given
 * @param behind tokens of words that are read behind a row
 */
export async function readRows(
  session: Session,
  suite: readonly SuiteRow[],
  { template = "{text}", prompt, of = 0, batch = 16 }: Omit<InwardOptions, "words">,
  classes: number | undefined,
  behind: number,
): Promise<Reading> {
  if (!Number.isInteger(batch) || batch < 1) throw new Error(`batch ${batch}: must be 1 or more`);
  checkRows(suite, classes, ["template", "term"]);
  if (suite.length === 0) throw new Error("no rows: give a suite");
  checkTemplate(template);
  if (!Number.isInteger(of) || of < 0 || (classes !== undefined && of >= classes))
    throw new Error(
      `class ${of}: ${classes === undefined ? "must be 0 or more" : `there are words of ${classes} classes`}`,
    );
  const placement = await placementOf(session, prompt);
  const { vocabulary, maxPositions } = session.dimensions;
  const limits = { vocabulary, maxPositions: maxPositions - placement.before - behind };
  const tokenizer = () => session.tokenizer();
  const categories: ReadCategory[] = [];
  for (const [category, all] of groupBy(suite, (row) => row.category)) {
    const rows: ReadRow[] = [];
    for (const row of all) {
      if (row.label === of) continue;
      const { tokens } = await readInput(inTemplate(template, row.text), limits, tokenizer).catch(
        (error: unknown) => {
          throw saying(`row ${suite.indexOf(row)}`, error);
        },
      );
      const own = tokens[0]!;
      rows.push({ row, ids: own.map(({ id }) => id), term: termSpan(row, own, template.indexOf("{text}")) });
    }
    if (rows.length === 0)
      throw new Error(`every row of category "${category}" is of class ${of}: there is no error to compare`);
    const groups = [...groupBy(all, ({ group }) => group).keys()].sort(byCodePoint);
    categories.push({ category, groups, rows });
  }
  return { of, batch, placement, categories };
}

/** As `readRows`, with the words that are read behind every row. */
export async function readAsked(
  session: Session,
  suite: readonly SuiteRow[],
  options: InwardOptions,
): Promise<Reading & { readonly words: Verbaliser }> {
  const words = await verbaliser(session, options.words);
  return { words, ...(await readRows(session, suite, options, words.sizes.length, words.longest - 1)) };
}

/** Mean of a number by group; NaN for a group without rows. */
export function meansByGroup({ rows, groups }: ReadCategory, value: (row: number) => number): number[] {
  return groups.map((group) => meanOf(rows.flatMap(({ row }, i) => (row.group === group ? [value(i)] : []))));
}

/** Parts of a list, one after another. */
export function* batches<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}

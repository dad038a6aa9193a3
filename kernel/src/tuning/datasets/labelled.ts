import { shownAs, table, type Displayable } from "../../display/index.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import { readTable, type TableOptions } from "./table.js";

/** A text and the index of its class. */
export interface LabelledText {
  readonly text: string;
  readonly label: number;
}

/** Labelled texts and where they come from. */
export interface LabelledTexts {
  readonly name: string;
  readonly classes: readonly string[];
  readonly rows: readonly LabelledText[];
  /** Rows of the file that the label map leaves out. */
  readonly dropped: number;
  readonly sha256: string;
}

/** Labelled texts, which show as a table of their classes. */
export function shownTexts(texts: LabelledTexts): LabelledTexts & Displayable {
  const { name, classes, rows, dropped, sha256 } = texts;
  const left = dropped > 0 ? `, ${dropped} left out by the label map` : "";
  return shownAs(texts, () =>
    table(
      classes.map((each, label) => ({ each, label, own: rows.filter((row) => row.label === label) })),
      [
        { title: "class", value: ({ each, label }) => `${label} ${each}` },
        { title: "texts", value: ({ own }) => own.length },
        { title: "the first", value: ({ own }) => own[0]?.text ?? "–" },
      ],
      `${name}: ${rows.length} texts${left}; sha256 ${sha256.slice(0, 12)}`,
    ),
  );
}

/** Negative, neutral, positive: the classes of sentiment, 0, 1 and 2. */
export const sentiment = ["negative", "neutral", "positive"] as const;

/** Which class each label of a file means: an index, or null to leave such rows out, which is counted. */
export type LabelMap = Readonly<Record<string, number | null>>;

/** Throws one line for no rows, and for a label that the map does not know. */
export function mapLabels(
  name: string,
  rows: readonly { readonly text: string; readonly label: string }[],
  classes: readonly string[],
  map: LabelMap,
): Pick<LabelledTexts, "rows" | "dropped"> {
  if (rows.length === 0) throw new Error(`${name} holds no rows`);
  const kept = rows.flatMap(({ text, label }, i) => {
    const index = Object.hasOwn(map, label) ? map[label] : undefined;
    if (index === undefined)
      throw new Error(
        `${name} row ${i + 1} has label "${label}", known are ${Object.keys(map)
          .map((key) => `"${key}"`)
          .join(", ")}`,
      );
    if (index === null) return [];
    if (!Number.isInteger(index) || index < 0 || index >= classes.length)
      throw new Error(`label "${label}" means class ${index}, there are ${classes.length}`);
    return [{ text, label: index }];
  });
  return { rows: kept, dropped: rows.length - kept.length };
}

export interface LabelledOptions extends TableOptions<"text" | "label"> {
  readonly name?: string;
  readonly classes: readonly string[];
  /** Default: the class's name or, where no class is called by a number, its index. */
  readonly labels?: LabelMap;
}

const optionNames: OptionNames<LabelledOptions> = {
  columns: true,
  format: true,
  header: true,
  sha256: true,
  name: true,
  classes: true,
  labels: true,
};

const examples = {
  columns: '{ text: "sentence", label: "label" }',
  classes: '["bad", "good"]',
} as const;

/**
 * What labels mean where no map says so: the name of a class, or its index. Where a class is called by a number, as a count of
 * stars is, no index is read: "1" is the class of that name.
 */
function byName(classes: readonly string[]): LabelMap {
  const named = classes.map((name, i) => [name, i] as const);
  if (classes.some((name) => /^\d+$/.test(name))) return Object.fromEntries(named);
  return Object.fromEntries([...named, ...classes.map((_, i) => [String(i), i] as const)]);
}

/** Reads labelled texts from `tsv`, `csv`, `jsonl` or `parquet` by a column map and a label map. */
export async function readLabelled(
  path: string,
  options: LabelledOptions,
): Promise<LabelledTexts & Displayable> {
  checkOptions("readLabelled", options, optionNames);
  for (const name of ["columns", "classes"] as const)
    if (options[name] === undefined)
      throw new Error(`readLabelled of ${path} without ${name}: give ${examples[name]}`);
  const { rows, sha256 } = await readTable(path, options);
  const { classes, name = path } = options;
  const twice = classes.find((name, i) => classes.indexOf(name) < i);
  if (twice !== undefined)
    throw new Error(`classes of ${path}: "${twice}" stands twice, and its rows could not be told apart`);
  return shownTexts({
    name,
    classes,
    sha256,
    ...mapLabels(path, rows, classes, options.labels ?? byName(classes)),
  });
}

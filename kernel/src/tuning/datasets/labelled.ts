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

/** Negative, neutral, positive: the classes of sentiment, 0, 1 and 2. */
export const sentiment = ["negative", "neutral", "positive"] as const;

/** Which class each label of a file means: an index, or null to leave such rows out, which is counted. */
export type LabelMap = Readonly<Record<string, number | null>>;

/** Throws one line for a label that the map does not know. */
export function mapLabels(
  name: string,
  rows: readonly { readonly text: string; readonly label: string }[],
  classes: readonly string[],
  map: LabelMap,
): Pick<LabelledTexts, "rows" | "dropped"> {
  const kept = rows.flatMap(({ text, label }, i) => {
    const index = map[label];
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

/** Reads labelled texts from `tsv`, `csv`, `jsonl` or `parquet` by a column map and a label map. */
export async function readLabelled(
  path: string,
  options: TableOptions<"text" | "label"> & {
    readonly name?: string;
    readonly classes: readonly string[];
    /** Default: the class's name or its index. */
    readonly labels?: LabelMap;
  },
): Promise<LabelledTexts> {
  const { rows, sha256 } = await readTable(path, options);
  const { classes, name = path } = options;
  const byName = Object.fromEntries(
    classes.flatMap((each, i) => [
      [each, i],
      [String(i), i],
    ]),
  );
  return { name, classes, sha256, ...mapLabels(path, rows, classes, options.labels ?? byName) };
}

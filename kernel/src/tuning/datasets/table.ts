import { extname } from "node:path";
import { csvParseRows } from "d3-dsv";
import { fromParquet } from "./parquet.js";
import { readBytes, readSource, type Source } from "./source.js";

/**
 * How a file of rows is written. `tsv` splits on tabs and knows no quotes, as data sets of tweets and sentences are
 * written; `csv` is RFC 4180; `jsonl` has one JSON object a line; `parquet` is Apache Parquet, as Hugging Face publishes data sets.
 */
export type RowFormat = "tsv" | "csv" | "jsonl" | "parquet";

/**
 * Which column each field is read from: a name of the header, of JSON's keys or of Parquet's columns, or a number from 0
 * without a header.
 */
export type ColumnMap<Field extends string> = Readonly<Record<Field, string | number>>;

export interface TableOptions<Field extends string> {
  readonly columns: ColumnMap<Field>;
  /** Default: by the name's ending. */
  readonly format?: RowFormat;
  /** Whether the first line names the columns. Default: true for `csv` and `tsv`. */
  readonly header?: boolean;
  /** Refuse another file than this one. */
  readonly sha256?: string;
}

/** The rows of a file, each field as the text that stands there. */
export interface TextRows<Field extends string> {
  readonly path: string;
  readonly sha256: string;
  readonly rows: readonly Readonly<Record<Field, string>>[];
}

/**
 * Reads a table by a column map. Every row must have every mapped column, and rows of `csv` and `tsv` as many cells as
 * the first; throws one line with the line's number otherwise. Columns of `parquet` must hold texts, whole numbers (of
 * which every digit is kept), floats or booleans, and no null.
 */
export async function readTable<Field extends string>(
  path: string,
  options: TableOptions<Field>,
): Promise<TextRows<Field>> {
  const format = options.format ?? formatOf(path);
  if (format === "parquet") {
    const source = await readBytes(path, options.sha256);
    return { path, sha256: source.sha256, rows: await fromParquet(source, options.columns) };
  }
  const source = await readSource(path, options.sha256);
  const rows = format === "jsonl" ? fromObjects(source, options.columns) : fromCells(source, format, options);
  return { path, sha256: source.sha256, rows };
}

function formatOf(path: string): RowFormat {
  const ending = extname(path).toLowerCase();
  if (ending === ".tsv" || ending === ".txt") return "tsv";
  if (ending === ".csv") return "csv";
  if (ending === ".jsonl" || ending === ".ndjson") return "jsonl";
  if (ending === ".parquet") return "parquet";
  throw new Error(`${path}: no format is known by "${ending}"; give one of tsv, csv, jsonl, parquet`);
}

/**
 * The cells of a file, line by line; without the empty line that the last newline leaves. Throws one line for a quote that
 * is not closed, behind which all the rest would be one cell.
 */
function cellsOf({ path, text }: Source, format: "tsv" | "csv"): string[][] {
  if (format === "csv") {
    const rows = csvParseRows(text);
    // One more line is one more row, unless it stands in a quote.
    const ended = text.endsWith("\n") ? text : `${text}\n`;
    if (text.includes(`"`) && csvParseRows(`${ended}x`).length === rows.length) {
      const begun = rows.at(-1)!.at(-1)!.slice(0, 40).replace(/\s+/g, " ");
      throw new Error(`${path} has a quote that is not closed, before "${begun}"`);
    }
    return rows;
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines.map((line) => line.split("\t"));
}

function fromCells<Field extends string>(
  source: Source,
  format: "tsv" | "csv",
  { columns, header = true }: TableOptions<Field>,
): Record<Field, string>[] {
  const lines = cellsOf(source, format);
  const names = header ? lines.shift() : undefined;
  if (header && names === undefined) throw new Error(`${source.path} is empty: it has no header`);
  const width = names?.length ?? lines[0]?.length ?? 0;
  const entries = Object.entries(columns) as [Field, string | number][];
  const places = entries.map(([field, column]) => {
    const place = typeof column === "number" ? column : (names?.indexOf(column) ?? -1);
    if (typeof column === "string" && names?.lastIndexOf(column) !== place)
      throw new Error(`${source.path} has several columns "${column}": give the number of one`);
    if (place >= 0 && place < width) return [field, place] as const;
    const there = names === undefined ? `0 to ${width - 1}` : names.map((name) => `"${name}"`).join(", ");
    throw new Error(`${source.path} has no column ${JSON.stringify(column)} for ${field}: it has ${there}`);
  });
  return lines.map((cells, i) => {
    if (cells.length !== width)
      throw new Error(`${source.path} row ${i + 1} has ${cells.length} cells, the first line has ${width}`);
    return Object.fromEntries(places.map(([field, place]) => [field, cells[place]!])) as Record<
      Field,
      string
    >;
  });
}

function fromObjects<Field extends string>(
  source: Source,
  columns: ColumnMap<Field>,
): Record<Field, string>[] {
  const entries = Object.entries(columns) as [Field, string | number][];
  return parseLines(source).map((value, i) => {
    const row = value as Readonly<Record<string | number, unknown>>;
    const cells = entries.map(([field, column]) => {
      const cell = row?.[column];
      if (typeof cell === "string" || typeof cell === "number" || typeof cell === "boolean")
        return [field, String(cell)] as const;
      throw new Error(
        `${source.path} row ${i + 1} has no text or number ${JSON.stringify(column)} for ${field}`,
      );
    });
    return Object.fromEntries(cells) as Record<Field, string>;
  });
}

/** The values of JSON lines; empty lines are left out. Throws one line with the line's number. */
export function parseLines({ path, text }: Source): unknown[] {
  return text.split("\n").flatMap((line, i) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as unknown];
    } catch (error) {
      throw new Error(`${path} line ${i + 1} is not JSON: ${(error as Error).message.replace(/\s+/g, " ")}`);
    }
  });
}

import { parquetMetadata, parquetReadObjects, parquetSchema, type SchemaElement } from "hyparquet";
import type { Bytes } from "./source.js";

/** Of a column of Parquet, what stands in its cells. */
type Cell = string | number | bigint | boolean | null | undefined | Uint8Array;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The rows of a Parquet file, whatever the compression of its pages. A text is taken as it is, a whole number with all its
 * digits, also those of 64 bits. Throws one line with the column for one that is missing, nested, or of another kind (bytes,
 * times, decimals), and with the row for a null or a text that is not UTF-8.
 */
export async function fromParquet<Field extends string>(
  { path, bytes }: Bytes,
  columns: Readonly<Record<Field, string | number>>,
): Promise<Record<Field, string>[]> {
  const entries = Object.entries(columns) as [Field, string | number][];
  const file = {
    byteLength: bytes.length,
    slice: (start: number, end?: number) => new Uint8Array(bytes.subarray(start, end)).buffer,
  };
  const metadata = await readingOf(path, () => parquetMetadata(file.slice(0)));
  const { children } = parquetSchema(metadata);
  for (const [field, column] of entries) {
    const found = children.find(({ element }) => element.name === column);
    if (found === undefined)
      throw new Error(
        `${path} has no column ${JSON.stringify(column)} for ${field}: it has ${children
          .map(({ element }) => JSON.stringify(element.name))
          .join(", ")}`,
      );
    const kind = refused(found.element);
    if (kind !== undefined)
      throw new Error(
        `${path} column ${JSON.stringify(column)} for ${field} holds ${kind}: only texts, whole numbers, floats and booleans are read`,
      );
  }
  // Loaded only here: it makes WebAssembly, which takes ten gigabytes of address space, and a cluster may give less.
  const { compressors } = await import("hyparquet-compressors");
  const rows = await readingOf(path, () =>
    parquetReadObjects({
      file,
      metadata,
      compressors,
      columns: [...new Set(entries.map(([, column]) => String(column)))],
      // What is no UTF-8 stays bytes, so that its row can be said.
      utf8: false,
      parsers: { stringFromBytes: textOf },
    }),
  );
  if (BigInt(rows.length) !== metadata.num_rows)
    throw new Error(`${path} has ${rows.length} rows, its footer says ${metadata.num_rows}`);
  return rows.map((row, i) => {
    const cells = entries.map(([field, column]) => {
      const cell = row[column] as Cell;
      const at = `${path} row ${i + 1} column ${JSON.stringify(column)} for ${field}`;
      if (cell === null || cell === undefined) throw new Error(`${at} is null`);
      if (cell instanceof Uint8Array) throw new Error(`${at} is not UTF-8`);
      return [field, String(cell)] as const;
    });
    return Object.fromEntries(cells) as Record<Field, string>;
  });
}

/** What a column holds, when it is none of what is read as text. */
function refused({
  type,
  repetition_type: repetition,
  num_children: parts,
  ...element
}: SchemaElement): string | undefined {
  const meant = element.logical_type?.type ?? element.converted_type;
  if (parts !== undefined || repetition === "REPEATED") return `nested values (${meant ?? "a group"})`;
  const plain =
    type === "BYTE_ARRAY"
      ? meant === "STRING" || meant === "UTF8"
      : type === "INT32" || type === "INT64"
        ? meant === undefined || meant === "INTEGER" || /^U?INT_\d+$/.test(meant)
        : (type === "BOOLEAN" || type === "FLOAT" || type === "DOUBLE") && meant === undefined;
  return plain ? undefined : `${meant ?? type}`;
}

function textOf(bytes: Uint8Array | undefined): string | Uint8Array | undefined {
  if (bytes === undefined) return undefined;
  try {
    return utf8.decode(bytes);
  } catch {
    return bytes;
  }
}

async function readingOf<T>(path: string, read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new Error(`${path} cannot be read as Parquet: ${(error as Error).message.replace(/\s+/g, " ")}`);
  }
}

import type { FileHandle } from "node:fs/promises";
import { fromRandomAccessReaderPromise, type Entry, type ZipFile } from "yauzl";
import { oneLine, quoted } from "../oneLine.js";
import { readBytes, type WeightFile } from "../weightFile.js";
import { ZipReader } from "./zipReader.js";

/** Where one record's bytes lie in the file. */
export interface ZipRecord {
  readonly offset: number;
  readonly bytes: number;
}

/** What torch.save wrote: a pickle, and the storages that it speaks of by key. */
export interface Archive {
  readonly pickle: Buffer;
  readonly storages: ReadonlyMap<string, ZipRecord>;
}

/** A pickle that only describes tensors is far shorter. */
const longestPickle = 100_000_000;

/**
 * Find the records of a zip archive of torch.save. Throws one line when the archive is malformed, compressed,
 * encrypted, big-endian, or when two of its records have one name, or share bytes with each other or its directory.
 */
export async function openArchive(file: WeightFile, handle: FileHandle): Promise<Archive> {
  const { records, spans } = await readRecords(file, handle);
  refuseOverlaps(file, spans);

  const pickles = [...records.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [name] = pickles;
  if (name === undefined || pickles.length > 1) {
    throw new Error(
      `${file.label} is a zip archive with ${pickles.length} data.pkl records: torch.save writes one`,
    );
  }
  const root = name.slice(0, -"data.pkl".length);
  const order = records.get(`${root}byteorder`);
  if (order !== undefined) {
    const said = (await readBytes(handle, order.offset, Math.min(order.bytes, 16))).toString("latin1");
    if (said !== "little") throw new Error(`${file.label} has byte order ${quoted(said)}: read is "little"`);
  }
  const pickle = records.get(name)!;
  if (pickle.bytes > longestPickle) {
    throw new Error(
      `${file.label}: ${name} has ${pickle.bytes} bytes, more than the ${longestPickle} that are read`,
    );
  }
  const data = `${root}data/`;
  return {
    pickle: await readBytes(handle, pickle.offset, pickle.bytes),
    storages: new Map(
      [...records]
        .filter(([key]) => key.startsWith(data))
        .map(([key, record]) => [key.slice(data.length), record]),
    ),
  };
}

/** The bytes that a part of the archive takes: of a record, its local header and its data. */
interface Span {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

async function readRecords(
  file: WeightFile,
  handle: FileHandle,
): Promise<{ records: Map<string, ZipRecord>; spans: Span[] }> {
  const records = new Map<string, ZipRecord>();
  const spans: Span[] = [];
  let zip: ZipFile | undefined;
  try {
    const reader = new ZipReader(file, handle);
    zip = await fromRandomAccessReaderPromise(reader, file.size, { autoClose: false });
    // Before any entry is read, the cursor stands where the directory begins; its declared type is wrong.
    spans.push({ what: "its directory", from: Number(zip.readEntryCursor), to: file.size });
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      refuseStorage(entry);
      if (records.has(name)) throw new Error(`record ${quoted(name)} stands there twice`);
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      const bytes = entry.uncompressedSize;
      records.set(name, { offset: fileDataStart, bytes });
      spans.push({
        what: `record ${quoted(name)}`,
        from: entry.relativeOffsetOfLocalHeader,
        to: fileDataStart + bytes,
      });
    }
  } catch (error) {
    throw new Error(`${file.label}: ${oneLine(error)}`);
  } finally {
    zip?.close();
  }
  return { records, spans };
}

/** Only bytes that lie in the file as they are can be mapped. */
function refuseStorage(entry: Entry): void {
  if (entry.isEncrypted()) throw new Error(`record ${quoted(entry.fileName)} is encrypted`);
  if (entry.compressionMethod === 0) return;
  throw new Error(
    `record ${quoted(entry.fileName)} is compressed (method ${entry.compressionMethod}): ` +
      "torch.save stores records, so this archive was packed anew",
  );
}

function refuseOverlaps(file: WeightFile, spans: readonly Span[]): void {
  let before: Span | undefined;
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    if (before !== undefined && span.from < before.to)
      throw new Error(`${file.label}: ${before.what} and ${span.what} share bytes`);
    before = span;
  }
}

import type { FileHandle } from "node:fs/promises";
import { openPromise, type Entry, type ZipFile } from "yauzl";
import { oneLine, quoted } from "../oneLine.js";
import { readBytes, type WeightFile } from "../weightFile.js";

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
 * encrypted, big-endian, or when two of its records have one name or share bytes.
 */
export async function openArchive(file: WeightFile, handle: FileHandle): Promise<Archive> {
  const records = await readRecords(file);
  refuseOverlaps(file, records);

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

async function readRecords(file: WeightFile): Promise<Map<string, ZipRecord>> {
  const records = new Map<string, ZipRecord>();
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(file.path, { autoClose: false });
    for await (const entry of zip.eachEntry()) {
      const name = entry.fileName;
      refuseStorage(entry);
      if (records.has(name)) throw new Error(`record ${quoted(name)} stands there twice`);
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      records.set(name, { offset: fileDataStart, bytes: entry.uncompressedSize });
    }
  } catch (error) {
    throw new Error(`${file.label}: ${oneLine(error)}`);
  } finally {
    zip?.close();
  }
  return records;
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

function refuseOverlaps(file: WeightFile, records: ReadonlyMap<string, ZipRecord>): void {
  const filled = [...records].filter(([, { bytes }]) => bytes > 0);
  let before: { name: string; end: number } = { name: "", end: 0 };
  for (const [name, { offset, bytes }] of filled.sort(([, a], [, b]) => a.offset - b.offset)) {
    if (offset < before.end) {
      throw new Error(`${file.label}: records ${quoted(before.name)} and ${quoted(name)} share bytes`);
    }
    before = { name, end: offset + bytes };
  }
}

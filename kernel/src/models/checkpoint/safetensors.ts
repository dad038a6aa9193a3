import { z } from "zod";
import { elementBytes, type DType } from "../../graph/dtype.js";
import { elementCount } from "../../graph/rowMajor.js";
import { printShape } from "../../graph/shape.js";
import type { StoredTensor } from "./checkpoint.js";
import { parseJsonObject } from "./json.js";
import { oneLine, quoted } from "./oneLine.js";
import { readBytes, refusePointer, withWeightFile, type WeightFile } from "./weightFile.js";

/** The format's own limit on its header, in bytes. */
const longestHeader = 100_000_000;

const size = z.int().nonnegative();
const entry = z.strictObject({
  dtype: z.string(),
  shape: z.array(size),
  data_offsets: z.tuple([size, size]),
});

const dtypes = new Map<string, DType>(
  (Object.keys(elementBytes) as DType[]).map((dtype) => [dtype.toUpperCase(), dtype]),
);

/**
 * Where the tensors of a safetensors file lie. Nothing of them is read.
 *
 * Throws one line when the header is malformed, names a tensor twice or has a dtype that is not read here; when a
 * tensor's bytes are not its shape × dtype; when ranges overlap, leave holes or do not end where the file ends.
 */
export async function readSafetensors(label: string): Promise<StoredTensor[]> {
  return withWeightFile(label, async (file, handle) => {
    if (file.size < 8) throw new Error(`${label} has ${file.size} bytes: too short for a safetensors header`);
    const head = await readBytes(handle, 0, Math.min(file.size, 32));
    refusePointer(file, head);
    const length = head.readBigUInt64LE(0);
    if (length > BigInt(file.size - 8)) {
      throw new Error(`${label}: a header of ${length} bytes does not fit in a file of ${file.size}`);
    }
    if (length > BigInt(longestHeader)) {
      throw new Error(`${label}: a header of ${length} bytes is longer than the format's ${longestHeader}`);
    }
    const header = await readBytes(handle, 8, Number(length));
    if (header[0] !== 0x7b) throw new Error(`${label}: the header does not begin with "{"`);
    const tensors = Object.entries(parseJsonObject(header, `the header of ${label}`))
      .filter(([name, value]) => name !== "__metadata__" || refuseOddMetadata(label, value))
      .map(([name, value]) => located(file, 8 + header.length, name, value));
    refuseGaps(file, 8 + header.length, tensors);
    return tensors;
  });
}

function refuseOddMetadata(label: string, value: unknown): false {
  const parsed = z.record(z.string(), z.string()).safeParse(value);
  if (!parsed.success) throw new Error(`${label}: __metadata__ must hold texts by name`);
  return false;
}

function located(file: WeightFile, start: number, name: string, value: unknown): StoredTensor {
  const where = `${file.label}: tensor ${quoted(name)}`;
  const parsed = entry.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    const at = issue.path.length === 0 ? "" : ` at ${issue.path.join(".")}`;
    throw new Error(`${where}${at}: ${oneLine(issue.message).toLowerCase()}`);
  }
  const { shape, data_offsets } = parsed.data;
  const dtype = dtypes.get(parsed.data.dtype);
  if (dtype === undefined) {
    throw new Error(
      `${where} has dtype ${quoted(parsed.data.dtype)}: read are ${[...dtypes.keys()].join(", ")}`,
    );
  }
  const [from, to] = data_offsets;
  const bytes = elementCount(shape) * elementBytes[dtype];
  if (to - from !== bytes) {
    throw new Error(
      `${where} ${printShape(shape)} of ${dtype} takes ${bytes} bytes, and its range ${from}–${to} has ${to - from}`,
    );
  }
  return { name, dtype, shape, file: file.path, offset: start + from, bytes };
}

/** The format leaves no byte unnamed: the ranges, in order, touch each other and reach the end of the file. */
function refuseGaps(file: WeightFile, start: number, tensors: readonly StoredTensor[]): void {
  let end = start;
  let last = "the header";
  for (const { name, offset, bytes } of [...tensors].sort(
    (a, b) => a.offset - b.offset || a.bytes - b.bytes,
  )) {
    if (offset + bytes > file.size) {
      throw new Error(
        `${file.label}: tensor ${quoted(name)} ends at byte ${offset + bytes}, beyond the file's ${file.size}`,
      );
    }
    if (offset < end) throw new Error(`${file.label}: tensor ${quoted(name)} overlaps ${last}`);
    if (offset > end) {
      throw new Error(
        `${file.label}: ${offset - end} bytes between ${last} and tensor ${quoted(name)} belong to none`,
      );
    }
    end = offset + bytes;
    last = `tensor ${quoted(name)}`;
  }
  if (end !== file.size)
    throw new Error(`${file.label}: ${file.size - end} bytes after ${last} belong to no tensor`);
}

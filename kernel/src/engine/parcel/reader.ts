import { closeSync, openSync, readSync, readv, readvSync, renameSync } from "node:fs";
import { promisify } from "node:util";
import type { Tensor } from "../../graph/tensor.js";
import type { ParcelDescriptor } from "../wire/messages.js";
import { discardParcel } from "./folder.js";

/** A tensor of a parcel, as it is described. */
export type ParcelEntry = ParcelDescriptor["entries"][number];

/** A parcel of no more bytes is read by one call of the system. */
const smallParcel = 2 ** 16;
/** As many bytes are read by one thread before another takes the next. */
const portion = 2 ** 22;
/** As many pieces of memory one call of the system fills. */
const mostPieces = 1024;

const readPieces = promisify(readv);

/** A stretch of the file and the memory it goes to, in the order of the file. */
interface Stretch {
  readonly from: number;
  readonly pieces: readonly Uint8Array[];
}

/**
 * Reads every tensor of a parcel into memory of its own, once: the file goes back to the writer, or is removed. Throws as
 * `readParcel` does.
 */
export async function takeParcel(parcel: ParcelDescriptor): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  await readParcel(parcel, (entry) => {
    const tensor = emptyTensor(entry.dtype, entry.shape);
    tensors.set(entry.name, tensor);
    return [bytesOf(tensor.data)];
  });
  return tensors;
}

/**
 * Reads every tensor of a parcel into the memory that `place` names for it: pieces that together are as long as it, filled
 * one after another. The file goes back to the writer, or is removed. Throws when it does not hold what was described.
 */
export async function readParcel(
  parcel: ParcelDescriptor,
  place: (entry: ParcelEntry) => readonly Uint8Array[],
): Promise<void> {
  const file = openSync(parcel.path, "r");
  try {
    const { path, entries } = parcel;
    const total = entries.reduce((end, { offset, bytes }) => Math.max(end, offset + bytes), 0);
    const targets = entries.map((entry) => {
      check(entry, path);
      return { entry, pieces: place(entry) };
    });
    if (total <= smallParcel) {
      const all = Buffer.allocUnsafe(total);
      const end = readSync(file, all, 0, total, 0);
      for (const { entry, pieces } of targets) {
        refuseShort(path, entry, end - entry.offset);
        let from = entry.offset;
        for (const piece of pieces) piece.set(all.subarray(from, (from += piece.length)));
      }
    } else await Promise.all(targets.map(({ entry, pieces }) => fill(file, path, entry, pieces, total)));
  } finally {
    closeSync(file);
    if (parcel.free === undefined) discardParcel(parcel);
    else renameSync(parcel.path, parcel.free);
  }
}

/** A tensor whose numbers are still to be written: clearing its memory would take as long as reading does. */
export function emptyTensor(dtype: Tensor["dtype"], shape: readonly number[]): Tensor {
  const buffer = Buffer.allocUnsafeSlow(bytesFor(dtype, shape)).buffer as ArrayBuffer;
  return dtype === "f32"
    ? { dtype, shape, data: new Float32Array(buffer) }
    : { dtype, shape, data: new BigInt64Array(buffer) };
}

/** The memory of a tensor's numbers. */
export function bytesOf({ buffer, byteOffset, byteLength }: Tensor["data"]): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

const bytesFor = (dtype: Tensor["dtype"], shape: readonly number[]) =>
  shape.reduce((product, size) => product * size, dtype === "f32" ? 4 : 8);

function check({ name, dtype, shape, bytes }: ParcelEntry, path: string): void {
  const expected = bytesFor(dtype, shape);
  if (expected !== bytes)
    throw new Error(
      `parcel ${path}: ${name} [${shape.join(", ")}] of ${dtype} takes ${expected} bytes, described as ${bytes}`,
    );
}

function refuseShort(path: string, { name, bytes }: ParcelEntry, there: number): void {
  if (there < bytes)
    throw new Error(`parcel ${path}: ${name} ends after ${Math.max(0, there)} of ${bytes} bytes`);
}

/**
 * Fills the pieces of one tensor. Of many megabytes half the time goes into pages that are found and copied to, so that is
 * done on several cores: whoever made the parcel waits meanwhile.
 */
async function fill(
  file: number,
  path: string,
  entry: ParcelEntry,
  pieces: readonly Uint8Array[],
  total: number,
): Promise<void> {
  const read = async ({ from, pieces: left }: Stretch): Promise<number> => {
    let done = 0;
    while (left.length > 0) {
      const at = from + done;
      const now = total > portion ? (await readPieces(file, left, at)).bytesRead : readvSync(file, left, at);
      if (now === 0) break;
      done += now;
      left = after(left, now);
    }
    return done;
  };
  const counts = await Promise.all(stretches(entry.offset, pieces).map(read));
  refuseShort(
    path,
    entry,
    counts.reduce((sum, count) => sum + count, 0),
  );
}

/** Portions of what is read one after another, none of too many pieces. */
function stretches(offset: number, pieces: readonly Uint8Array[]): Stretch[] {
  const made: { from: number; pieces: Uint8Array[]; bytes: number }[] = [];
  let from = offset;
  for (const piece of pieces)
    for (let start = 0; start < piece.length; start += portion) {
      const part = piece.subarray(start, start + portion);
      const last = made.at(-1);
      if (last && last.bytes + part.length <= portion && last.pieces.length < mostPieces) {
        last.pieces.push(part);
        last.bytes += part.length;
      } else made.push({ from, pieces: [part], bytes: part.length });
      from += part.length;
    }
  return made;
}

/** What is left of pieces when so many bytes of them are filled. */
function after(pieces: readonly Uint8Array[], bytes: number): Uint8Array[] {
  return pieces.flatMap((piece) => {
    const taken = Math.min(bytes, piece.length);
    bytes -= taken;
    return taken < piece.length ? [piece.subarray(taken)] : [];
  });
}

import { closeSync, openSync, readv, readvSync, renameSync } from "node:fs";
import { promisify } from "node:util";
import type { Tensor } from "../../graph/tensor.js";
import type { ParcelDescriptor } from "../wire/messages.js";
import { bytesOfEntry, entriesOf, type ParcelEntry } from "./entries.js";
import { discardParcel } from "./folder.js";

/** As many bytes are read by one thread before another takes the next. */
const portion = 2 ** 22;
/** As many pieces of memory one call of the system fills. */
const mostPieces = 1024;

const readPieces = promisify(readv);

/** A stretch of the file and the memory it goes to, in the order of the file. */
interface Stretch {
  readonly from: number;
  readonly pieces: readonly Memory[];
}

type Memory = Uint8Array | Tensor["data"];

/** A tensor of a parcel and the memory that it is read into: pieces that together are as long as it, filled one after another. */
export interface Target {
  readonly entry: ParcelEntry;
  readonly pieces: readonly Memory[];
}

/**
 * Reads every tensor of a parcel into memory of its own, once: the file goes back to the writer, or is removed. Throws as
 * `readParcel` does.
 */
export async function takeParcel(parcel: ParcelDescriptor): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>();
  const targets = entriesOf(parcel).map((entry): Target => {
    const tensor = emptyTensor(entry.dtype, entry.shape);
    tensors.set(entry.name, tensor);
    return { entry, pieces: [tensor.data] };
  });
  await readParcel(parcel, targets);
  return tensors;
}

/**
 * Reads the tensors of a parcel into memory. The file goes back to the writer, or is removed. Throws when it does not hold
 * what was described.
 */
export async function readParcel(parcel: ParcelDescriptor, targets: readonly Target[]): Promise<void> {
  const file = openSync(parcel.path, "r");
  try {
    await Promise.all(runsOf(targets).map((run) => fill(file, parcel.path, run)));
  } finally {
    closeSync(file);
    if (parcel.free === undefined) discardParcel(parcel);
    else renameSync(parcel.path, parcel.free);
  }
}

/** A tensor, with a shape of its own, whose numbers are still to be written: clearing its memory would take as long as reading does. */
export function emptyTensor(dtype: Tensor["dtype"], shape: readonly number[]): Tensor {
  const buffer = Buffer.allocUnsafeSlow(bytesOfEntry({ dtype, shape })).buffer as ArrayBuffer;
  const data = dtype === "f32" ? new Float32Array(buffer) : new BigInt64Array(buffer);
  return { dtype, shape: [...shape], data };
}

function refuseShort(path: string, entry: ParcelEntry, there: number): void {
  const bytes = bytesOfEntry(entry);
  if (there < bytes)
    throw new Error(`parcel ${path}: ${entry.name} ends after ${Math.max(0, there)} of ${bytes} bytes`);
}

/**
 * Tensors that lie one behind the other in the file: they are read as one, because a call of the system costs as much as the
 * few kilobytes of a small tensor. One that is there under two names is read twice.
 */
function runsOf(targets: readonly Target[]): Target[][] {
  const runs: { end: number; run: Target[] }[] = [];
  for (const target of [...targets].sort((a, b) => a.entry.offset - b.entry.offset)) {
    const { offset } = target.entry;
    const bytes = bytesOfEntry(target.entry);
    const before = runs.find(({ end }) => end === offset);
    if (before === undefined) runs.push({ end: offset + bytes, run: [target] });
    else {
      before.run.push(target);
      before.end += bytes;
    }
  }
  return runs.map(({ run }) => run);
}

/**
 * Fills the memory of tensors that lie one behind the other. Of many megabytes half the time goes into pages that are found
 * and copied to, so that is done on several cores: whoever made the parcel waits meanwhile.
 */
async function fill(file: number, path: string, run: readonly Target[]): Promise<void> {
  const [first, last] = [run[0]!.entry, run.at(-1)!.entry];
  const behind = last.offset + bytesOfEntry(last);
  const isLarge = behind - first.offset > portion;
  const read = async ({ from, pieces: left }: Stretch): Promise<number> => {
    let done = 0;
    while (left.length > 0) {
      const at = from + done;
      const now = isLarge ? (await readPieces(file, left, at)).bytesRead : readvSync(file, left, at);
      if (now === 0) break;
      done += now;
      left = after(left, now);
    }
    return done;
  };
  const pieces = run.flatMap((target) => target.pieces);
  const counts = await Promise.all(stretches(first.offset, pieces).map(read));
  const end = counts.reduce((sum, count) => sum + count, first.offset);
  if (end < behind) for (const { entry } of run) refuseShort(path, entry, end - entry.offset);
}

/** Portions of what is read one after another, none of too many pieces. */
function stretches(offset: number, pieces: readonly Memory[]): Stretch[] {
  const made: { from: number; pieces: Memory[]; bytes: number }[] = [];
  let from = offset;
  for (const piece of pieces)
    for (let start = 0; start < piece.byteLength; start += portion) {
      const part = piece.byteLength <= portion ? piece : bytesOf(piece).subarray(start, start + portion);
      const last = made.at(-1);
      if (last && last.bytes + part.byteLength <= portion && last.pieces.length < mostPieces) {
        last.pieces.push(part);
        last.bytes += part.byteLength;
      } else made.push({ from, pieces: [part], bytes: part.byteLength });
      from += part.byteLength;
    }
  return made;
}

/** What is left of pieces when so many bytes of them are filled. */
function after(pieces: readonly Memory[], bytes: number): readonly Memory[] {
  return pieces.flatMap((piece) => {
    const taken = Math.min(bytes, piece.byteLength);
    bytes -= taken;
    return taken < piece.byteLength ? [bytesOf(piece).subarray(taken)] : [];
  });
}

function bytesOf({ buffer, byteOffset, byteLength }: Memory): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

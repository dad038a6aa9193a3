import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  read,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Tensor } from "../graph/tensor.js";
import type { ParcelDescriptor } from "./wire/messages.js";

/** As many bytes are gathered before they are written, and read at once. */
const smallRead = 2 ** 16;
/** As many bytes are read by one thread before another takes the next. */
const partRead = 2 ** 22;
/** A file that has grown to more bytes than this is not kept for the next parcel. */
const largestKept = 2 ** 28;
/** One system call moves less than 2 GiB. */
const largestTransfer = 2 ** 30;

const readPart = promisify(read);

/**
 * Makes a private folder for parcels: on shared memory where there is some, else inside `fallback`.
 *
 * @param label part of the name, so that a leftover can be traced to the process that made it
 */
export function makeParcelFolder(label: string, fallback: string, shared = "/dev/shm"): string {
  const name = `vitrail-${label}-${randomBytes(6).toString("hex")}`;
  try {
    accessSync(shared, constants.W_OK);
    mkdirSync(join(shared, name), { mode: 0o700 });
    return join(shared, name);
  } catch {
    mkdirSync(join(fallback, name), { mode: 0o700 });
    return join(fallback, name);
  }
}

/** A parcel being written: tensors are appended as they are made, so that none needs to be kept. */
export class ParcelWriter {
  readonly #name: string;
  readonly #entries: ParcelDescriptor["entries"] = [];
  readonly #overflow: string | undefined;
  #path: string;
  #file: number;
  /** Bytes of the parcel, and how many of them are in the file; the others are gathered. */
  #end = 0;
  #written = 0;
  readonly #gathered = Buffer.allocUnsafe(smallRead);
  readonly #free: string;
  readonly #places = new WeakMap<Tensor["data"], { offset: number; bytes: number }>();

  /**
   * @param label begins the file's name, so that what a killed writer left can be found
   * @param writer tells who writes from others in this folder: the file of its last parcel is written anew once it has been
   *   read, because a new file of 24 MB costs eight milliseconds of pages found, cleared and given back
   * @param overflow folder on disk to move to when the first one is full (containers often have 64 MB of shared memory)
   */
  constructor(folder: string, label: string, writer: string, overflow?: string) {
    this.#name = `${label}-${randomBytes(12).toString("hex")}.parcel`;
    this.#path = join(folder, this.#name);
    this.#free = join(folder, `free-${writer}`);
    this.#file = openAgain(this.#free, this.#path) ?? openSync(this.#path, "wx", 0o600);
    this.#overflow = overflow === folder ? undefined : overflow;
  }

  /**
   * Appends a tensor. One that is there already under another name, as what one layer gives is what the next one gets,
   * is written once. Throws when no folder has room for it.
   */
  add(name: string, { dtype, shape, data }: Tensor): void {
    const place = this.#places.get(data) ?? this.#write(data);
    this.#places.set(data, place);
    this.#entries.push({ name, dtype, shape: [...shape], ...place });
  }

  #write(data: Tensor["data"]): { offset: number; bytes: number } {
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    const place = { offset: this.#end, bytes: bytes.length };
    if (bytes.length > this.#gathered.length - (this.#end - this.#written)) this.#flush();
    if (bytes.length > this.#gathered.length) {
      this.#append(bytes);
      this.#end = this.#written;
    } else {
      bytes.copy(this.#gathered, this.#end - this.#written);
      this.#end += bytes.length;
    }
    return place;
  }

  /** Writes what was gathered: one call of the system for many small tensors. */
  #flush(): void {
    this.#append(this.#gathered.subarray(0, this.#end - this.#written));
  }

  #append(bytes: Buffer): void {
    let written = 0;
    while (written < bytes.length) {
      const part = Math.min(bytes.length - written, largestTransfer);
      try {
        written += writeSync(this.#file, bytes, written, part, this.#written + written);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC" || !this.#move()) throw error;
      }
    }
    this.#written += bytes.length;
  }

  /** Closes the file; whoever reads the parcel gives it back. Throws when no folder has room for what was gathered. */
  finish(): ParcelDescriptor {
    this.#flush();
    const { size } = fstatSync(this.#file);
    closeSync(this.#file);
    const isKept = dirname(this.#path) === dirname(this.#free) && size <= largestKept;
    return { path: this.#path, entries: this.#entries, ...(isKept && { free: this.#free }) };
  }

  /** Closes and removes the file. */
  discard(): void {
    closeSync(this.#file);
    discardParcel({ path: this.#path });
  }

  /** Goes on in the overflow folder; false when already there. */
  #move(): boolean {
    if (this.#overflow === undefined) return false;
    const path = join(this.#overflow, this.#name);
    if (path === this.#path) return false;
    copyFileSync(this.#path, path, constants.COPYFILE_EXCL);
    this.discard();
    this.#path = path;
    this.#file = openSync(path, "r+");
    return true;
  }
}

/**
 * Reads every tensor of a parcel, once: its file goes back to the writer, or is removed. Throws when it does not hold
 * what was described.
 */
export async function takeParcel(parcel: ParcelDescriptor): Promise<Map<string, Tensor>> {
  const file = openSync(parcel.path, "r");
  try {
    const { entries } = parcel;
    const total = entries.reduce((end, { offset, bytes }) => Math.max(end, offset + bytes), 0);
    const own = total > smallRead ? await readTogether(file, entries) : readAtOnce(file, total, entries);
    return new Map(entries.map((entry, i) => [entry.name, asTensor(own[i]!, parcel.path, entry)]));
  } finally {
    closeSync(file);
    if (parcel.free === undefined) discardParcel(parcel);
    else renameSync(parcel.path, parcel.free);
  }
}

/** Opens the file that lies free, under its new name; undefined where none does. */
function openAgain(free: string, path: string): number | undefined {
  try {
    renameSync(free, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return openSync(path, "r+");
}

/** Removes every parcel with this label. */
export function discardLabelled(folder: string, label: string): void {
  for (const name of readdirSync(folder))
    if (name.startsWith(`${label}-`) && name.endsWith(".parcel")) rmSync(join(folder, name), { force: true });
}

/** Removes a parcel that nobody will read. */
export function discardParcel(parcel: { readonly path: string }): void {
  rmSync(parcel.path, { force: true });
}

function asTensor(
  buffer: ArrayBuffer,
  path: string,
  { name, dtype, shape, bytes }: ParcelDescriptor["entries"][number],
): Tensor {
  const expected = shape.reduce((product, size) => product * size, dtype === "f32" ? 4 : 8);
  if (expected !== bytes)
    throw new Error(
      `parcel ${path}: ${name} [${shape.join(", ")}] of ${dtype} takes ${expected} bytes, described as ${bytes}`,
    );
  if (buffer.byteLength < bytes)
    throw new Error(`parcel ${path}: ${name} ends after ${buffer.byteLength} of ${bytes} bytes`);
  return {
    dtype,
    shape,
    data: dtype === "f32" ? new Float32Array(buffer) : new BigInt64Array(buffer),
  };
}

interface Place {
  readonly offset: number;
  readonly bytes: number;
}

/** The bytes of each place, fewer where the file ends before. */
function readAtOnce(file: number, total: number, places: readonly Place[]): ArrayBuffer[] {
  const all = new ArrayBuffer(total);
  const read = readSync(file, new Uint8Array(all), 0, total, 0);
  return places.map(({ offset, bytes }) => all.slice(offset, Math.min(offset + bytes, read)));
}

/**
 * The same of more bytes, each place in memory of its own, which is not cleared before. Of many megabytes half the time goes
 * into pages that are found and copied to, so that is done on several cores: whoever made the parcel waits meanwhile.
 */
async function readTogether(file: number, places: readonly Place[]): Promise<ArrayBuffer[]> {
  const isMuch = places.reduce((sum, { bytes }) => sum + bytes, 0) > partRead;
  const readInto = async (into: Buffer, at: number, length: number, from: number) =>
    isMuch
      ? (await readPart(file, into, at, length, from)).bytesRead
      : readSync(file, into, at, length, from);
  const lengths: number[] = [];
  const buffers = places.map(({ bytes }) => Buffer.allocUnsafeSlow(bytes));
  const parts = places.flatMap(({ offset, bytes }, i) =>
    Array.from({ length: Math.ceil(bytes / partRead) }, async (_, part) => {
      const from = part * partRead;
      const length = Math.min(partRead, bytes - from);
      let done = 0;
      while (done < length) {
        const now = await readInto(buffers[i]!, from + done, length - done, offset + from + done);
        if (now === 0) break;
        done += now;
      }
      lengths[i] = (lengths[i] ?? 0) + done;
    }),
  );
  await Promise.all(parts);
  return buffers.map(({ buffer, length }, i) => {
    const read = lengths[i] ?? 0;
    return (read < length ? buffer.slice(0, read) : buffer) as ArrayBuffer;
  });
}

import {
  accessSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { markAsUntransferable } from "node:worker_threads";
import type { Tensor } from "../graph/tensor.js";
import { posix } from "./collectives/posix.js";
import type { ParcelDescriptor } from "./wire/messages.js";

/** Entries begin on a page, so that each can be mapped alone. */
const alignment = 4096;
/** One system call moves less than 2 GiB. */
const largestTransfer = 2 ** 30;

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
  #end = 0;

  /**
   * @param label begins the file's name, so that what a killed writer left can be found
   * @param overflow folder on disk to move to when the first one is full (containers often have 64 MB of shared memory)
   */
  constructor(folder: string, label: string, overflow?: string) {
    this.#name = `${label}-${randomBytes(12).toString("hex")}.parcel`;
    this.#path = join(folder, this.#name);
    this.#file = openSync(this.#path, "wx", 0o600);
    this.#overflow = overflow === folder ? undefined : overflow;
  }

  /** Appends a tensor. Throws when no folder has room for it. */
  add(name: string, tensor: Tensor): void {
    const { data } = tensor;
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    let written = 0;
    while (written < bytes.length) {
      const part = Math.min(bytes.length - written, largestTransfer);
      try {
        written += writeSync(this.#file, bytes, written, part, this.#end + written);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC" || !this.#move()) throw error;
      }
    }
    this.#entries.push({
      name,
      dtype: tensor.dtype,
      shape: [...tensor.shape],
      offset: this.#end,
      bytes: bytes.length,
    });
    this.#end = Math.ceil((this.#end + bytes.length) / alignment) * alignment;
  }

  /** Closes the file; whoever reads the parcel removes it. */
  finish(): ParcelDescriptor {
    closeSync(this.#file);
    return { path: this.#path, entries: this.#entries };
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

/** Reads every tensor of a parcel, once: the file is gone afterwards. Throws when it does not hold what was described. */
export function takeParcel(parcel: ParcelDescriptor): Map<string, Tensor> {
  const file = openSync(parcel.path, "r");
  unlinkSync(parcel.path);
  try {
    return new Map(parcel.entries.map((entry) => [entry.name, readEntry(file, parcel.path, entry)]));
  } finally {
    closeSync(file);
  }
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

function readEntry(file: number, path: string, entry: ParcelDescriptor["entries"][number]): Tensor {
  const elements = entry.shape.reduce((product, size) => product * size, 1);
  const width = entry.dtype === "f32" ? 4 : 8;
  if (elements * width !== entry.bytes)
    throw new Error(
      `parcel ${path}: ${entry.name} [${entry.shape.join(", ")}] of ${entry.dtype} takes ${elements * width} bytes, described as ${entry.bytes}`,
    );
  const buffer = mapEntry(file, entry) ?? copyEntry(file, path, entry);
  return {
    dtype: entry.dtype,
    shape: entry.shape,
    data: entry.dtype === "f32" ? new Float32Array(buffer) : new BigInt64Array(buffer),
  };
}

function copyEntry(file: number, path: string, entry: ParcelDescriptor["entries"][number]): ArrayBuffer {
  const buffer = new ArrayBuffer(entry.bytes);
  const bytes = new Uint8Array(buffer);
  let read = 0;
  while (read < bytes.length) {
    const count = readSync(
      file,
      bytes,
      read,
      Math.min(bytes.length - read, largestTransfer),
      entry.offset + read,
    );
    if (count === 0)
      throw new Error(`parcel ${path}: ${entry.name} ends after ${read} of ${entry.bytes} bytes`);
    read += count;
  }
  return buffer;
}

/** Below this many bytes, copying is as fast as mapping. */
const worthMapping = 2 ** 16;
const mapped = new FinalizationRegistry<() => void>((unmap) => unmap());

/**
 * The entry's pages themselves, private to this process, until nothing here refers to them any more. Undefined where
 * the system cannot, or where it is not worth it.
 */
function mapEntry(
  file: number,
  { offset, bytes }: ParcelDescriptor["entries"][number],
): ArrayBuffer | undefined {
  // A page behind the end of the file would kill the process when it is read.
  if (bytes < worthMapping || fstatSync(file).size < offset + bytes) return undefined;
  let mapping;
  try {
    mapping = posix().mapPrivate(file, offset, bytes);
  } catch {
    return undefined;
  }
  // A transferred buffer would outlive this one, and so its pages.
  markAsUntransferable(mapping.view);
  mapped.register(mapping.view, mapping.unmap);
  return mapping.view;
}

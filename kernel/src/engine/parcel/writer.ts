import { closeSync, constants, copyFileSync, openSync, renameSync, writeSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import type { Tensor } from "../../graph/tensor.js";
import type { ParcelDescriptor } from "../wire/messages.js";
import { bytesOfEntry, indexOf, type ParcelEntry } from "./entries.js";
import { discardParcel } from "./folder.js";
import { forget, memoryOf } from "./mapped.js";

/** As many bytes are gathered before they are written: a call of the system costs as much as copying some tens of kilobytes. */
const gathering = 2 ** 18;
/** Memory of writers that are done, for the next ones: new memory is found and cleared page by page. */
const spare: Buffer[] = [];
/** A file that more bytes than this were written to is not kept for the next parcel. */
const largestKept = 2 ** 28;
/** A smaller value is still in a core's cache when it is copied, and computes quicker there than in memory that is not. */
const smallestPlaced = 2 ** 22;
/** Places begin at whole cache lines. */
const line = 64;
/** No two processes name their parcels alike. */
const origin = randomBytes(12).toString("hex");
let made = 0;
/** One system call moves less than 2 GiB. */
const largestTransfer = 2 ** 30;

/** A parcel being written: tensors are appended as they are made, so that none needs to be kept. */
export class ParcelWriter {
  readonly #name: string;
  readonly #entries: ParcelEntry[] = [];
  readonly #overflow: string | undefined;
  #path: string;
  #file: number;
  #isOpen = true;
  /** Bytes of the parcel, and how many of them are in the file; the others are gathered. */
  #end = 0;
  #written = 0;
  #gathered = spare.pop() ?? Buffer.allocUnsafeSlow(gathering);
  readonly #free: string;
  readonly #places = new Map<Tensor["data"], number>();

  /**
   * @param label begins the file's name, so that what a killed writer left can be found
   * @param writer tells who writes from others in this folder: the file of its last parcel is written anew once it has been
   *   read, because a new file of 24 MB costs eight milliseconds of pages found, cleared and given back
   * @param overflow folder on disk to move to when the first one is full or gone (containers often have 64 MB of shared memory)
   */
  constructor(folder: string, label: string, writer: string, overflow?: string) {
    this.#name = `${label}-${origin}-${made++}.parcel`;
    this.#path = join(folder, this.#name);
    this.#free = join(folder, `free-${writer}`);
    this.#overflow = overflow === folder ? undefined : overflow;
    try {
      this.#file = openAgain(this.#free, this.#path) ?? openSync(this.#path, "wx+", 0o600);
    } catch (error) {
      // The system clears the shared memory of a user who logs out, and the session lives on.
      const isGone = (error as NodeJS.ErrnoException).code === "ENOENT";
      if (this.#overflow === undefined || !(isGone || isFull(error))) throw error;
      this.#path = join(this.#overflow, this.#name);
      this.#file = openSync(this.#path, "wx+", 0o600);
    }
  }

  /**
   * Appends a tensor. One that is there already under another name, as what one layer gives is what the next one gets,
   * is written once. Throws when no folder has room for it.
   */
  add(name: string, { dtype, shape, data }: Tensor): void {
    const offset = this.#places.get(data) ?? this.#write(data);
    this.#places.set(data, offset);
    this.#entries.push({ name, dtype, shape, offset });
  }

  /**
   * Memory of the parcel itself for a float32 tensor that is still to be computed; adding it then writes nothing. Whoever has it must
   * not use it once the parcel is finished. Undefined for a small one, and where there is no such memory.
   */
  place(shape: readonly number[]): Tensor | undefined {
    const bytes = bytesOfEntry({ dtype: "f32", shape });
    if (bytes < smallestPlaced) return undefined;
    // Which may find the folder full and go on in the other, whose files are not kept.
    this.#flush();
    if (dirname(this.#path) !== dirname(this.#free)) return undefined;
    const offset = Math.ceil(this.#end / line) * line;
    const end = offset + bytes;
    const memory = end > largestKept ? undefined : memoryOf(this.#free, this.#file, end, largestKept);
    if (memory === undefined) return undefined;
    this.#end = this.#written = end;
    const data = new Float32Array(memory, offset, bytes / 4);
    this.#places.set(data, offset);
    return { dtype: "f32", shape, data };
  }

  #write(data: Tensor["data"]): number {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const offset = this.#end;
    if (bytes.length > this.#gathered.length - (this.#end - this.#written)) this.#flush();
    if (bytes.length > this.#gathered.length) {
      this.#append(bytes);
      this.#end = this.#written;
    } else {
      this.#gathered.set(bytes, this.#end - this.#written);
      this.#end += bytes.length;
    }
    return offset;
  }

  /** Writes what was gathered: one call of the system for many small tensors. */
  #flush(): void {
    this.#append(this.#gathered.subarray(0, this.#end - this.#written));
  }

  #append(bytes: Uint8Array): void {
    let written = 0;
    while (written < bytes.length) {
      const part = Math.min(bytes.length - written, largestTransfer);
      try {
        written += writeSync(this.#file, bytes, written, part, this.#written + written);
      } catch (error) {
        if (!isFull(error) || !this.#move()) throw error;
      }
    }
    this.#written += bytes.length;
  }

  /** Closes the file; whoever reads the parcel gives it back. Throws when no folder has room for what was gathered. */
  finish(): ParcelDescriptor {
    this.#flush();
    this.#close();
    const isKept = dirname(this.#path) === dirname(this.#free) && this.#written <= largestKept;
    if (!isKept) forget(this.#free);
    return { path: this.#path, index: indexOf(this.#entries), ...(isKept && { free: this.#free }) };
  }

  /** Closes and removes the file, also one that is finished. */
  discard(): void {
    this.#close();
    forget(this.#free);
    discardParcel({ path: this.#path });
  }

  #close(): void {
    if (!this.#isOpen) return;
    closeSync(this.#file);
    this.#isOpen = false;
    spare.push(this.#gathered);
    this.#gathered = Buffer.alloc(0);
  }

  /** Goes on in the overflow folder; false when already there. */
  #move(): boolean {
    if (this.#overflow === undefined) return false;
    const path = join(this.#overflow, this.#name);
    if (path === this.#path) return false;
    copyFileSync(this.#path, path, constants.COPYFILE_EXCL);
    closeSync(this.#file);
    discardParcel({ path: this.#path });
    this.#path = path;
    this.#file = openSync(path, "r+");
    return true;
  }
}

/** Whether the file system has no room, or this user may have no more of it. */
function isFull(error: unknown): boolean {
  return ["ENOSPC", "EDQUOT"].includes((error as NodeJS.ErrnoException).code ?? "");
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

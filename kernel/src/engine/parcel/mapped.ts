import { fstatSync } from "node:fs";
import { posix } from "../collectives/posix.js";

interface Mapped {
  readonly inode: number;
  /** As much of it is there. */
  readonly bytes: number;
  readonly memory: ArrayBuffer;
}

/** The files of parcels as memory of this process, by who writes them. They stay so: to map one anew costs half of what is saved. */
const mapped = new Map<string, Mapped>();

/**
 * The file of a writer's parcel as memory, of which the first `bytes` may be used. Undefined where there is no room for them in
 * the file, or where no such memory is to be had.
 *
 * @param most what a writer ever asks for: as much of the file is mapped, whether it is there or not
 */
export function memoryOf(writer: string, file: number, bytes: number, most: number): ArrayBuffer | undefined {
  const inode = fstatSync(file).ino;
  if (mapped.get(writer)?.inode !== inode) forget(writer);
  const known = mapped.get(writer);
  if (known !== undefined && bytes <= known.bytes) return known.memory;
  const system = attempt(posix);
  // Pages that are not there are made now: to touch one that cannot be had would end the process.
  if (system === undefined || system.allocate(file, bytes) !== 0) return undefined;
  const memory = known?.memory ?? attempt(() => system.map(file, most));
  if (memory !== undefined) mapped.set(writer, { inode, bytes, memory });
  return memory;
}

/** Gives up the memory of a file that is removed, or will be, so that its pages go with it. */
export function forget(writer: string): void {
  const known = mapped.get(writer);
  if (known === undefined) return;
  mapped.delete(writer);
  posix().unmap(known.memory);
}

/** Other systems have no such memory, and a process may have little room for addresses. */
function attempt<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}

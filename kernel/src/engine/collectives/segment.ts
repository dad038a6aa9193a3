import { randomBytes } from "node:crypto";
import { basename } from "node:path";
import { own, remove } from "../ownership.js";
import { posix } from "./posix.js";

/** Sums up to this many bytes are made by every rank on its own, with one meeting instead of two. */
export const smallBytes = 16 * 1024;

/** Control words are kept 64 bytes apart, so that ranks do not fight over a cache line. */
export const line = 16;

/** Room for one rank's terms of a sum; longer sums are made in pieces. Replicas meet seldom. */
export const slotBytes = { tensor: 4 * 2 ** 20, data: 2 ** 20 } as const;

/** Where things lie in the shared segment of a group of `size` ranks. */
export interface Layout {
  readonly control: number;
  /** Two small areas per rank, used in turn. */
  readonly small: number;
  /** One slot per rank, and one for the result. */
  readonly slots: number;
  readonly bytes: number;
}

export function layoutOf(size: number, slotBytes: number): Layout {
  const page = (bytes: number) => Math.ceil(bytes / 4096) * 4096;
  const small = page((2 + 2 * size) * line * 4);
  const slots = small + 2 * size * smallBytes;
  return { control: 0, small, slots, bytes: slots + (size + 1) * slotBytes };
}

/** Makes the shared segment that a group will map, zeroed and with its memory reserved. Throws when it cannot be had. */
export function createSegment(size: number, slotBytes: number): string {
  return reserve(layoutOf(size, slotBytes).bytes);
}

/** Makes a shared segment of so many bytes, zeroed and with its memory reserved. Throws when it cannot be had. */
export function reserve(bytes: number): string {
  const name = `/vitrail-${process.pid}-${randomBytes(8).toString("hex")}`;
  own(fileOf(name), (hidden) => allocate(`/${basename(hidden)}`, bytes));
  return name;
}

function allocate(name: string, bytes: number): void {
  const { shmOpen, allocate, close, errno } = posix();
  const file = shmOpen(name, 0o302, 0o600);
  if (file < 0) throw new Error(`shm_open ${name} failed with error ${errno()}`);
  const refused = allocate(file, bytes);
  close(file);
  if (refused !== 0) throw new Error(`no room for ${bytes} bytes of shared memory (error ${refused})`);
}

/** Maps a segment that somebody made; it stays mapped for the life of the process. */
export function mapSegment(name: string, size: number, slotBytes: number): ArrayBuffer {
  const { shmOpen, map, close, errno } = posix();
  const file = shmOpen(name, 0o2, 0o600);
  if (file < 0) throw new Error(`shm_open ${name} failed with error ${errno()}`);
  try {
    return map(file, layoutOf(size, slotBytes).bytes);
  } finally {
    close(file);
  }
}

/** Removes the name; whoever has mapped the segment keeps it. */
export function removeSegment(name: string): void {
  remove(fileOf(name));
}

/** Where Linux, which alone has these segments, keeps them. */
function fileOf(name: string): string {
  return `/dev/shm${name}`;
}

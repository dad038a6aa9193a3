import { closeSync, openSync, renameSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { posix } from "./collectives/posix.js";

/**
 * Descriptors by the path that they lock. The system lets go of a lock when the last process that has it ends, however it
 * ends; a process id says less, since containers that share memory have each their own, and since ids come again.
 */
const locked = new Map<string, number>();

/**
 * Makes a file or folder that belongs to this process while it lives, or until it is disowned. It gets its name only when it
 * is owned, so that nobody finds it without an owner.
 *
 * @param make makes it under the path that it is given. What it throws is thrown, and what it made is then removed
 */
export function own(path: string, make: (hidden: string) => void): void {
  const hidden = join(dirname(path), `.${basename(path)}`);
  let file: number | undefined;
  try {
    make(hidden);
    file = openSync(hidden, "r");
    lock(file);
    renameSync(hidden, path);
    locked.set(path, file);
  } catch (error) {
    if (file !== undefined) closeSync(file);
    rmSync(hidden, { recursive: true, force: true });
    throw error;
  }
}

/** Removes what this process owns. */
export function remove(path: string): void {
  rmSync(path, { recursive: true, force: true });
  const file = locked.get(path);
  if (file !== undefined) closeSync(file);
  locked.delete(path);
}

/** Whether a process has it that lives. Throws when this user may not know. */
export function isOwned(path: string): boolean {
  const file = openSync(path, "r");
  try {
    return !lock(file);
  } finally {
    closeSync(file);
  }
}

/** Takes the lock; false where another has it, or where the system's calls cannot be had: nothing then is known to have no owner. */
function lock(file: number): boolean {
  try {
    return posix().lock(file);
  } catch {
    return false;
  }
}

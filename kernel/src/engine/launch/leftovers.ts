import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { isOwned } from "../ownership.js";

/** Removes segments and parcel folders whose maker is gone. */
export function sweep(shared = "/dev/shm"): void {
  let names: string[];
  try {
    names = readdirSync(shared);
  } catch {
    return;
  }
  for (const name of names) {
    if (!/^vitrail-\d+-[0-9a-f]{16}$/.test(name)) continue;
    const path = join(shared, name);
    try {
      if (!isOwned(path)) rmSync(path, { recursive: true, force: true });
    } catch {
      // Another user's, and not ours to remove; or gone by now.
      continue;
    }
  }
}

/** Whether a process exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

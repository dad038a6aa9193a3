import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Removes segments and parcel folders whose maker, named by its process id, is gone. */
export function sweep(shared = "/dev/shm"): void {
  let names: string[];
  try {
    names = readdirSync(shared);
  } catch {
    return;
  }
  for (const name of names) {
    const maker = /^vitrail-(\d+)-[0-9a-f]{12}$/.exec(name)?.[1];
    if (maker === undefined || isAlive(Number(maker))) continue;
    try {
      rmSync(join(shared, name), { recursive: true, force: true });
    } catch {
      // Another user's leftover: not ours to remove.
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

import { renameSync } from "node:fs";
import {
  brokerPid,
  isGivenUp,
  readIfThere,
  removeFolder,
  sessionFolder,
  type SessionFolder,
} from "./folder.js";

/**
 * Removes the folder of a broker that was found dead. False when it is another's by now: of several who find it at once one
 * removes it, and the folder that the next of the name has made meanwhile is nobody's to remove.
 *
 * @param pid the broker as it was found; undefined for a folder whose broker never listened
 */
export function removeRemains(name: string, pid: number | undefined): boolean {
  const folder = sessionFolder(name);
  if (!(pid === undefined ? takeStart(folder) : takeBroker(folder, pid))) return false;
  // Without what was taken it looks as if it were just starting, so that everybody else leaves it alone.
  removeFolder(name);
  return true;
}

function takeBroker(folder: SessionFolder, pid: number): boolean {
  return take(folder.broker, () => brokerPid(folder) === pid);
}

function takeStart(folder: SessionFolder): boolean {
  const found = readIfThere(folder.order);
  return (
    isGivenUp(folder) &&
    (found === undefined || take(folder.order, () => readIfThere(folder.order) === found))
  );
}

/** Moves a file away if it still is what it was, which only one can do. */
function take(path: string, isSame: () => boolean): boolean {
  if (!isSame()) return false;
  try {
    renameSync(path, `${path}.taken-${process.pid}`);
    return true;
  } catch {
    return false;
  }
}

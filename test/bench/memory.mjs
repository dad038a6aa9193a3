import { readFileSync } from "node:fs";

/**
 * Bytes of a process: `private` is anonymous memory, which nobody else can use; `proportional` counts shared pages by the
 * number of processes that share them. Undefined where /proc does not tell.
 */
export function memoryOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const bytes = (field) => 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(text)[1]);
    return { private: bytes("Anonymous"), proportional: bytes("Pss") };
  } catch {
    return undefined;
  }
}

/** Memory of a session's workers together. */
export function memoryOfWorkers(status) {
  const parts = status.ranks.map((rank) => memoryOf(rank.pid));
  if (parts.some((part) => part === undefined)) return undefined;
  const sum = (field) => parts.reduce((total, part) => total + part[field], 0);
  return { private: sum("private"), proportional: sum("proportional"), resident: status.residentBytes };
}

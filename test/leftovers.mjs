import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Programs of a session that outlive whoever started them. */
const programs = ["session/broker", "engine/worker"];

/** Shared memory of Vitrail's whose maker is gone, and processes of sessions that run from this clone. */
export function leftovers(root) {
  const memory = existsSync("/dev/shm") ? readdirSync("/dev/shm") : [];
  const processes = existsSync("/proc/self/cmdline") ? readdirSync("/proc") : [];
  return [
    ...memory
      .filter((name) => /^vitrail-\d+-/.test(name) && !existsSync(`/proc/${name.split("-")[1]}`))
      .map((name) => `/dev/shm/${name}`),
    ...processes
      .filter((pid) => /^\d+$/.test(pid))
      .map((pid) => ({ pid, words: wordsOf(pid) }))
      .filter(({ words }) => words.some((word) => programs.some((name) => isProgram(word, root, name))))
      .map(({ pid, words }) => `process ${pid}: ${words.join(" ")}`),
  ];
}

function isProgram(word, root, name) {
  return ["dist", "src"].some((folder) => word.startsWith(join(root, "kernel", folder, name)));
}

function wordsOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").filter(Boolean);
  } catch {
    return [];
  }
}

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Programs of a session that outlive whoever started them. */
const programs = ["session/broker", "engine/worker"];

/** What tests call the folders that they make, with what mkdtemp adds; those of browsers are theirs to remove. */
const made = /^(?!playwright)[a-z][a-z-]*-[A-Za-z0-9]{6}$/;

/**
 * Shared memory of Vitrail's whose maker is gone, processes of sessions that run from this clone, folders of sessions
 * whose broker is gone, and what is called like a test's folder in `scratch`, which should be the tests' own: other
 * tests may run on this machine.
 */
export async function leftovers(root, scratch) {
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
    ...(await sessions(root)),
    ...readdirSync(scratch)
      .filter((name) => made.test(name))
      .map((name) => join(scratch, name)),
  ];
}

/** Under the folder that a session has when nothing else is said. */
async function sessions(root) {
  // Loaded only here: a fresh clone is not built yet when this file is.
  const dist = join(root, "kernel", "dist");
  const { brokerPid, runtimeFolder, sessionFolder } = await import(join(dist, "session", "folder.js"));
  const { isAlive } = await import(join(dist, "engine", "launch", "leftovers.js"));
  const above = runtimeFolder();
  if (!existsSync(above)) return [];
  const ownerless = (name) => {
    const pid = brokerPid(sessionFolder(name));
    return pid === undefined || !isAlive(pid);
  };
  // A name with a dot before it is a folder that was half removed.
  return readdirSync(above)
    .filter((name) => name.startsWith(".") || ownerless(name))
    .map((name) => join(above, name));
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

import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, vi } from "vitest";
import { isAlive } from "../engine/launch/leftovers.js";
import { closeSession } from "./live.js";
import { Session } from "./session.js";
import type { OpenOptions } from "./types.js";

const goldens = fileURLToPath(new URL("../../../test/goldens/checkpoints/", import.meta.url));
export const opt = join(goldens, "opt");
export const gpt2 = join(goldens, "gpt2");
export const quiet: OpenOptions = { quiet: true, threads: 1 };
export const rows = [
  [2, 5, 9, 11, 4],
  [2, 7],
];

/** Where the sessions of a test file live. */
export const runtime = { path: "" };

/** Gives a test file a runtime folder of its own: what a test opens is ended after it, and must leave nothing there. */
export function ownRuntime(): void {
  beforeAll(() => {
    runtime.path = join(mkdtempSync(join(tmpdir(), "vs-")), "run");
    process.env["VITRAIL_RUNTIME_DIR"] = runtime.path;
  });
  afterEach(async () => {
    for (const { name } of await Session.list()) await closeSession(name);
    expect(existsSync(runtime.path) ? readdirSync(runtime.path) : []).toEqual([]);
  });
  afterAll(() => {
    delete process.env["VITRAIL_RUNTIME_DIR"];
    rmSync(join(runtime.path, ".."), { recursive: true });
  });
}

/** Parcels and segments that processes of this session made and nobody removed. */
export function shared(pid: number): string[] {
  return existsSync("/dev/shm")
    ? readdirSync("/dev/shm").filter((name) => name.startsWith(`vitrail-${pid}-`))
    : [];
}

/** Holds a worker, so that what begins meanwhile is still running when `act` has begun it; then lets it go on. */
export async function whileRunning<T>(session: Session, pid: number, act: () => Promise<T>): Promise<T> {
  process.kill(pid, "SIGSTOP");
  const release = setTimeout(() => process.kill(pid, "SIGCONT"), 1000);
  try {
    return await act();
  } finally {
    clearTimeout(release);
    if (isAlive(pid)) process.kill(pid, "SIGCONT");
    expect((await session.status()).name).toBe(session.name);
  }
}

export function busy(session: Session): Promise<void> {
  return vi.waitFor(async () => expect((await session.status()).state).toBe("busy"));
}

import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// As in the tests: what ships, without a build when types are checked.
const built: string = "../../kernel/dist/session/live.js";

/**
 * Before any test file: where the processes that run them keep their sessions, which go from one file to the next. After the last:
 * their end. Throws when one of them leaves anything behind.
 */
export function setup(): () => Promise<void> {
  const place = mkdtempSync(join(tmpdir(), "vt-"));
  process.env["VITRAIL_TEST_RUNTIMES"] = place;
  return async () => {
    const { closeSession, listSessions } = (await import(
      built
    )) as typeof import("../../kernel/src/session/live.js");
    const left: string[] = [];
    for (const runtime of readdirSync(place).map((name) => join(place, name))) {
      process.env["VITRAIL_RUNTIME_DIR"] = runtime;
      // One may end by itself meanwhile; what does not end is left.
      await Promise.allSettled((await listSessions()).map(({ name }) => closeSession(name)));
      left.push(...readdirSync(runtime).map((name) => join(runtime, name)));
    }
    delete process.env["VITRAIL_RUNTIME_DIR"];
    rmSync(place, { recursive: true });
    if (left.length > 0) throw new Error(`sessions of tests have left ${left.join(", ")}`);
  };
}

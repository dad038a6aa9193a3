import { setTimeout as pause } from "node:timers/promises";
import { processesWith } from "../notebooks/execute.js";

/** Brokers and workers of the sessions that live under this runtime folder: process ids and command lines. */
export const sessionProcesses = (runtime: string): string[] =>
  processesWith("VITRAIL_RUNTIME_DIR", runtime).filter((line) =>
    /\/session\/broker\.js|\/engine\/worker\.js/.test(line),
  );

/** Ends what a failed test has left; sessions outlive those who opened them. */
export async function endSessions(runtime: string): Promise<void> {
  for (const line of sessionProcesses(runtime)) {
    if (!line.includes("/session/broker.js")) continue;
    try {
      process.kill(Number.parseInt(line, 10), "SIGTERM");
    } catch {
      // It has ended by itself meanwhile.
    }
  }
  for (let left = 100; left > 0 && sessionProcesses(runtime).length > 0; left--) await pause(100);
}

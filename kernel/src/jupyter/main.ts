import { sessionTarget } from "../display/payload/status.js";
import { SessionPanel, type SessionClient } from "./sessionPanel.js";
import { Kernel } from "./supervisor/kernel.js";
import { readConnection } from "./supervisor/connection.js";

/** The session room, loaded when a panel first asks: the kernel itself starts without it. */
const sessions: SessionClient = {
  status: async (name) => (await import("../session/live.js")).findStatus(name),
  close: async (name) => (await import("../session/live.js")).closeSession(name),
};

/** The kernel process: `node main.js {connection_file}`. */
async function main(): Promise<number> {
  const file = process.argv[2];
  if (file === undefined) {
    process.stderr.write("usage: node main.js {connection_file}\n");
    return 2;
  }
  const panel = new SessionPanel(sessions);
  const kernel = new Kernel(readConnection(file), {
    targets: new Map([[sessionTarget, panel]]),
    sessionUsed: (name, open) => panel.used(name, open),
  });
  // Interrupts come by message; a terminal's Ctrl-C is meant for the client.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => kernel.shutdown());
  process.on("SIGHUP", () => kernel.shutdown());
  endWithParent(() => kernel.shutdown());
  await kernel.serve();
  return 0;
}

/** Jupyter says in the environment which process owns the kernel; without it the kernel must not stay behind. */
function endWithParent(end: () => void): void {
  const parent = Number(process.env["JPY_PARENT_PID"]);
  if (!(parent > 0) || process.ppid !== parent) return;
  setInterval(() => process.ppid === parent || end(), 1000).unref();
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`vitrail kernel: ${(error as Error).message}\n`);
  process.exit(1);
}

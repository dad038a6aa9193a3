import { sessionTarget } from "../display/payload/status.js";
import { endWithParent } from "./parent.js";
import { arrive } from "./remote/arrive.js";
import { SessionPanel, type SessionClient } from "./sessionPanel.js";
import { Kernel } from "./supervisor/kernel.js";
import { readConnection } from "./supervisor/connection.js";

/** The session room, loaded when a panel first asks: the kernel itself starts without it. */
const sessions: SessionClient = {
  status: async (name) => (await import("../session/live.js")).findStatus(name),
  close: async (name) => (await import("../session/live.js")).closeSession(name),
};

/** The kernel process: `node main.js {connection_file}`, or `-` for one that is asked for from another machine. */
async function main(): Promise<number> {
  const file = process.argv[2];
  if (file === undefined) {
    process.stderr.write("usage: node main.js {connection_file}\n");
    return 2;
  }
  const arrival = file === "-" ? await arrive(process.stdin) : undefined;
  const panel = new SessionPanel(sessions);
  const kernel = new Kernel(arrival?.connection ?? readConnection(file), {
    targets: new Map([[sessionTarget, panel]]),
    sessionUsed: (name, open) => panel.used(name, open),
  });
  // Interrupts come by message; a terminal's Ctrl-C is meant for the client.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => kernel.shutdown());
  process.on("SIGHUP", () => kernel.shutdown());
  endWithParent(() => kernel.shutdown());
  void arrival?.over.then(() => kernel.shutdown());
  try {
    await kernel.serve();
  } finally {
    arrival?.leave();
  }
  return 0;
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`vitrail kernel: ${(error as Error).message}\n`);
  process.exit(1);
}

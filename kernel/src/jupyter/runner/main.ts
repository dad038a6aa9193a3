import { createRequire } from "node:module";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { installCellTimers } from "./cellTimers.js";
import { Cells } from "./cells.js";
import { installHost } from "./host.js";
import { importerFrom } from "./imports.js";
import { input, inputGiven, inputRefused } from "./input.js";
import { hideKeptMemory } from "./keptMemory.js";
import { tell } from "./outlet.js";
import type { ToRunner } from "./protocol.js";
import { printPlainPromises } from "./plainPromises.js";
import { installStreams } from "./standardStreams.js";

/** The child process that runs cells. Its arguments: the nonce of the end marks. */
const nonce = process.argv[2] ?? "";
const folder = process.cwd();

hideKeptMemory();
// The library checks what it is given ten calls deep, and an error must still name the line of the cell.
Error.stackTraceLimit = 100;
installStreams();
installHost();
printPlainPromises();
installCellTimers();
Object.assign(globalThis, { input, require: createRequire(join(folder, "notebook.js")), __dirname: folder });

const cells = new Cells(importerFrom(folder), nonce);
Error.prepareStackTrace = (error, sites) => cells.traces.stack(error, sites);
process.on("uncaughtException", (thrown) => cells.uncaught(thrown));
process.on("unhandledRejection", (thrown) => cells.uncaught(thrown));
// A terminal's Ctrl-C goes to the whole process group; interrupts come by message.
process.on("SIGINT", () => {});
process.argv.length = 1;

type Command = ToRunner | { kind: "cancel"; ask: number };

// Commands come through a message port and not by IPC, whose messages Node delivers inside process.nextTick: a loop
// that is terminated there takes the process down.
const interrupter = new Worker(new URL("./interrupter.js", import.meta.url));
interrupter.on("message", (message: Command) => {
  switch (message.kind) {
    case "execute":
      return cells.execute(message);
    case "cancel":
      return cells.cancel(() => interrupter.postMessage(message.ask));
    case "input":
      return inputGiven(message.id, message.value);
    case "inputRefused":
      return inputRefused(message.id, message.reason);
    case "interrupt":
      throw new Error("interrupts are served by the interrupt thread");
  }
});
interrupter.on("online", () => tell({ kind: "ready" }));

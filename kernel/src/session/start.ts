import { spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { program } from "../engine/launch/program.js";
import { BrokerClient } from "./client.js";
import { claim, removeFolder, runtimeFolder } from "./folder.js";
import type { Order } from "./messages.js";

/**
 * Node reads these certificates whenever it starts, for a tenth of a second, and what runs a session fetches nothing: a model
 * of the hub has been fetched by whoever opens it.
 */
const unneeded = { NODE_EXTRA_CA_CERTS: undefined };

/**
 * Starts the broker of a new session, detached: in a process session of its own, it outlives whoever starts it.
 * Undefined when a session of this name came into being meanwhile. Throws one line when the broker does not start.
 */
export async function startBroker(order: Order): Promise<BrokerClient | undefined> {
  const text = JSON.stringify(order);
  const folder = claim(order.name, text);
  if (folder === undefined) return undefined;
  const broker = program(new URL("./broker.js", import.meta.url));
  const log = openSync(folder.log, "a", 0o600);
  const child = spawn(process.execPath, [fileURLToPath(broker), order.name], {
    detached: true,
    stdio: ["ignore", log, log],
    env: { ...process.env, ...unneeded, VITRAIL_BROKER: "1" },
    cwd: "/",
  });
  closeSync(log);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  child.unref();
  const outcome = await Promise.race([BrokerClient.connect(order.name), ended]);
  if (outcome instanceof BrokerClient) return outcome;
  const said = lastLine(folder.log);
  // Another may have the name by now.
  if (existsSync(folder.order) && readFileSync(folder.order, "utf8") === text) removeFolder(order.name);
  const silent = outcome === undefined ? "its folder is gone" : `${outcome} and wrote nothing to its log`;
  const room = said ? "" : `: is there room in ${runtimeFolder()}?`;
  throw new Error(`broker of session "${order.name}" did not start: ${said || silent}${room}`);
}

/** What the log says last; of a stack trace, its message. */
function lastLine(path: string): string | undefined {
  try {
    const lines = readFileSync(path, "utf8").trim().split("\n");
    return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1);
  } catch {
    return undefined;
  }
}

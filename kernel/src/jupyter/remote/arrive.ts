import { mkdirSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { createInterface } from "node:readline";
import { parseConnection, type Connection } from "../supervisor/connection.js";

/** A kernel that was asked for from another machine. */
export interface Arrival {
  readonly connection: Connection;
  /** Fulfilled when nobody there needs it any more. */
  readonly over: Promise<void>;
  /** Removes the folder of its sockets. */
  leave(): void;
}

/**
 * Reads from standard input what sockets a kernel on this machine is to have, and makes a folder for them that is this user's alone.
 * The input stays open for as long as the kernel is wanted. Throws one line when nothing comes, or the folder is there already.
 */
export async function arrive(input: NodeJS.ReadableStream): Promise<Arrival> {
  const lines = createInterface({ input });
  const over = new Promise<void>((resolve) => lines.once("close", resolve));
  const first = new Promise<string>((resolve) => lines.once("line", resolve));
  const text = await Promise.race([first, over]);
  if (text === undefined) throw new Error("standard input ended before it told a connection");
  const connection = parseConnection(text, "on standard input");
  if (connection.transport !== "ipc")
    throw new Error(
      `transport "${connection.transport}" on standard input: a kernel that is asked for from another machine has unix sockets, so ipc`,
    );
  const folder = dirname(connection.ip);
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    throw new Error(`folder ${folder} for a kernel's sockets: ${(error as Error).message}`, { cause: error });
  }
  return { connection, over, leave: () => rmSync(folder, { recursive: true, force: true }) };
}

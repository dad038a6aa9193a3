import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { commandOn, type RemoteMachine } from "./machine.js";

/** A socket of this machine, `ip:port`, that leads to a unix socket of the other. */
export interface Tunnel {
  readonly from: string;
  readonly to: string;
}

/**
 * Nobody is there to answer a question, so ssh asks none; without a tunnel a kernel would be deaf; a connection that is shared
 * with other uses of ssh would keep the tunnels of a kernel that has ended; a line that has been silent for two minutes is taken
 * for broken, so that Jupyter hears of it; and while the kernel starts, nobody wants to read of every try to reach its sockets.
 */
const settings = [
  "BatchMode=yes",
  "ExitOnForwardFailure=yes",
  "ControlMaster=no",
  "ControlPath=none",
  "ServerAliveInterval=15",
  "ServerAliveCountMax=8",
  "LogLevel=ERROR",
];

/** An ssh that runs something there: its input and what it prints are ours. */
export type RemoteProcess = ChildProcessByStdio<Writable, Readable, null>;

/** Runs a program of the built kernel on the other machine; what it writes to standard error appears here. */
export function runOn(
  machine: RemoteMachine,
  program: string,
  words: readonly string[],
  tunnels: readonly Tunnel[] = [],
): RemoteProcess {
  const args = [
    "-T",
    ...(machine.config === undefined ? [] : ["-F", machine.config]),
    ...settings.flatMap((each) => ["-o", each]),
    ...tunnels.flatMap(({ from, to }) => ["-L", `${from}:${to}`]),
    "--",
    machine.host,
    commandOn(machine, program, words),
  ];
  return spawn("ssh", args, { stdio: ["pipe", "pipe", "inherit"] });
}

/** What a program there prints. Throws one line when it does not end well; why stands on standard error. */
export async function askOn(
  machine: RemoteMachine,
  program: string,
  words: readonly string[],
): Promise<string> {
  const child = runOn(machine, program, words);
  child.stdin.end();
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => void (said += chunk.toString()));
  const status = await endOf(child);
  if (status === 0) return said.trim();
  throw new Error(`${machine.host} did not run ${commandOn(machine, program, words)}: ${reason(status)}`);
}

/** How the program there ended: its exit status, or 255 when ssh itself failed. Throws one line when there is no ssh. */
export function endOf(child: RemoteProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", (error) => reject(new Error(`ssh could not be started: ${error.message}`)));
    child.once("close", (status) => resolve(status ?? 255));
  });
}

function reason(status: number): string {
  if (status === 255) return "ssh could not get there";
  if (status === 127) return "its shell finds no such Node: give its path there with --node";
  return `it ended with ${status}`;
}

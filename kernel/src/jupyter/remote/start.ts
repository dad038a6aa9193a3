import { randomBytes } from "node:crypto";
import { readConnection, type Channel } from "../supervisor/connection.js";
import { endWithParent } from "../parent.js";
import { machineOf } from "./machine.js";
import { endOf, runOn } from "./ssh.js";

const channels = ["shell", "control", "iopub", "stdin", "hb"] as const satisfies readonly Channel[];

/**
 * The kernel as Jupyter sees it here, `node start.js {connection_file} --host=… --folder=…`: an ssh whose tunnels lead from the ports
 * that Jupyter chose to the sockets of a kernel on the other machine. It ends when that kernel does, and that kernel when it does.
 */
async function main(): Promise<number> {
  const [file, ...words] = process.argv.slice(2);
  if (file === undefined) {
    process.stderr.write("usage: node start.js {connection_file} --host=… --folder=…\n");
    return 2;
  }
  const machine = machineOf(words);
  const here = readConnection(file);
  if (here.transport !== "tcp")
    throw new Error(`transport "${here.transport}" to another machine: ssh's tunnels begin at ports, so tcp`);
  // Nobody else can have guessed the name; should there be such a folder all the same, the kernel refuses it.
  const there = {
    ...here,
    transport: "ipc",
    ip: `/tmp/vitrail-kernel-${randomBytes(12).toString("hex")}/socket`,
  };
  const tunnels = channels.map((channel) => {
    const port = here[`${channel}_port`];
    return { from: `${here.ip}:${port}`, to: `${there.ip}-${port}` };
  });
  const ssh = runOn(machine, "jupyter/main.js", ["-"], tunnels);
  ssh.stdout.pipe(process.stdout);
  // The end of its input is what tells the kernel there that nobody needs it any more, also when this process is killed.
  const end = (): void => void ssh.stdin.end();
  ssh.stdin.on("error", () => {});
  // The key goes by the encrypted line, not in a command that everybody there can read.
  ssh.stdin.write(`${JSON.stringify(there)}\n`);
  // Interrupts come by message; a terminal's Ctrl-C is meant for the client.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", end);
  process.on("SIGHUP", end);
  endWithParent(end);
  return endOf(ssh);
}

try {
  process.exit(await main());
} catch (error) {
  process.stderr.write(`vitrail kernel: ${(error as Error).message}\n`);
  process.exit(1);
}

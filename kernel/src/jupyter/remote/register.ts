import { installRemoteKernelspec } from "../kernelspec.js";
import { packageVersion } from "../packageVersion.js";
import type { RemoteMachine } from "./machine.js";
import { askOn } from "./ssh.js";

/** What registering a machine has found and done, in one line. */
export interface Registered {
  readonly file: string;
  readonly said: string;
}

/**
 * Makes kernels on another machine known to the Jupyter in `prefix`. Throws one line, and registers nothing, when ssh does not
 * get there without asking, or no built Vitrail answers.
 */
export async function registerMachine(prefix: string, machine: RemoteMachine): Promise<Registered> {
  const there = await askOn(machine, "cli.js", ["--version"]);
  const here = `vitrail ${packageVersion("../../package.json")}`;
  if (!/^vitrail \d/.test(there))
    throw new Error(
      `${machine.host} answers ${JSON.stringify(there.slice(0, 60))}, not the version of a vitrail`,
    );
  const file = installRemoteKernelspec(prefix, machine);
  const apart = there === here ? "" : ` (${here} on this machine: what the two show may differ)`;
  return { file, said: `${there} on ${machine.host}${apart}` };
}

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { kernelNameOn, wordsOf, type RemoteMachine } from "./remote/machine.js";

/** The content of `kernel.json`. */
interface KernelSpec {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
  readonly interrupt_mode: "message";
  readonly metadata: Record<string, unknown>;
}

const folders = (prefix: string) => join(prefix, "share", "jupyter", "kernels");

/** A kernelspec of this installation: the running Node and a program of this package, by absolute paths. */
function kernelspec(program: string, words: readonly string[], where = ""): KernelSpec {
  return {
    argv: [process.execPath, fileURLToPath(new URL(program, import.meta.url)), "{connection_file}", ...words],
    display_name: `TypeScript (Vitrail${where})`,
    language: "typescript",
    // In signal mode Jupyter would signal the whole process group, and Node would die of it.
    interrupt_mode: "message",
    metadata: { debugger: false },
  };
}

/** Writes `<prefix>/share/jupyter/kernels/vitrail/kernel.json` and returns its path. */
export function installKernelspec(prefix: string): string {
  return write(prefix, "vitrail", kernelspec("./main.js", []));
}

/** Writes the kernelspec for kernels that run on another machine and returns its path. */
export function installRemoteKernelspec(prefix: string, machine: RemoteMachine): string {
  const spec = kernelspec("./remote/start.js", wordsOf(machine), ` on ${machine.host}`);
  return write(prefix, kernelNameOn(machine.host), spec);
}

/** Names of the kernelspecs for other machines in this Jupyter. */
export function remoteKernelspecs(prefix: string): string[] {
  const all = existsSync(folders(prefix)) ? readdirSync(folders(prefix)) : [];
  return all.filter((name) => name.startsWith(kernelNameOn(""))).sort();
}

/** Takes the kernelspec for a machine away. Throws one line when there is none, with those that there are. */
export function removeRemoteKernelspec(prefix: string, host: string): void {
  const name = kernelNameOn(host);
  const all = remoteKernelspecs(prefix);
  if (!all.includes(name))
    throw new Error(
      `no kernel "${name}" in ${prefix}: ${all.length === 0 ? "none is for another machine" : all.join(", ")}`,
    );
  rmSync(join(folders(prefix), name), { recursive: true });
}

function write(prefix: string, name: string, spec: KernelSpec): string {
  const folder = join(folders(prefix), name);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "kernel.json");
  // Whoever looks for kernels meanwhile finds the old file or the new one, never a part.
  const half = `${file}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify(spec, null, 2)}\n`);
  renameSync(half, file);
  return file;
}

import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { jupyterProgram, root } from "../browser/lab.js";

/** An output of a cell as notebooks store it. */
export interface Output {
  readonly output_type: "stream" | "display_data" | "execute_result" | "error";
  readonly name?: string;
  readonly text?: string | readonly string[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

export interface Cell {
  readonly id: string;
  readonly cell_type: "code" | "markdown";
  readonly source: string | readonly string[];
  readonly outputs?: readonly Output[];
}

/** Cells of a notebook file by their id. */
export function readCells(path: string): ReadonlyMap<string, Cell> {
  const { cells } = JSON.parse(readFileSync(path, "utf8")) as { cells: readonly Cell[] };
  return new Map(cells.map((cell) => [cell.id, cell]));
}

/** Text in notebooks is a string or its lines. */
export const textOf = (text: string | readonly string[] | undefined): string =>
  typeof text === "string" ? text : (text ?? []).join("");

/** What the cells of an executed notebook gave, by their id. */
export function readOutputs(path: string) {
  const cells = readCells(path);
  const outputs = (id: string): readonly Output[] => cells.get(id)?.outputs ?? [];
  return {
    /** Errors of all cells, and what they said on the error stream. */
    problems: [...cells.keys()].flatMap((id) =>
      outputs(id)
        .filter((output) => output.output_type === "error" || output.name === "stderr")
        .map((output) => ({ id, output })),
    ),
    printed: (id: string): string =>
      outputs(id)
        .map((output) => textOf(output.text))
        .join(""),
    /** The last expression's value, by MIME type. */
    shown: (id: string): Readonly<Record<string, unknown>> =>
      outputs(id).find((output) => output.output_type === "execute_result")?.data ?? {},
  };
}

/** The kernel of this project, made known to the project's own Jupyter. */
export async function installKernel(): Promise<void> {
  jupyterProgram("python");
  const { installKernelspec } = (await import(join(root, "kernel/dist/jupyter/kernelspec.js"))) as {
    installKernelspec(prefix: string): string;
  };
  installKernelspec(join(root, ".vitrail", "jupyter"));
}

/** Runs a program of the project's Jupyter environment; throws what it said when it fails. */
export async function runJupyter(
  name: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const child = spawn(jupyterProgram(name), args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`${name} ${args.join(" ")} ended with ${code}:\n${said}`);
}

/** Executes a notebook with nbclient and writes what it became. */
export const executeNotebook = (source: string, out: string, env: NodeJS.ProcessEnv): Promise<void> =>
  runJupyter("python", [join(dirname(fileURLToPath(import.meta.url)), "execute.py"), source, out], env);

/** Processes of this machine that carry a variable of this value in their environment. */
export function processesWith(name: string, value: string): string[] {
  if (!existsSync("/proc/self/environ")) return [];
  const read = (path: string) => {
    try {
      return readFileSync(path, "utf8");
    } catch {
      return "";
    }
  };
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => read(`/proc/${pid}/environ`).split("\0").includes(`${name}=${value}`))
    .map((pid) => `${pid} ${read(`/proc/${pid}/cmdline`).replaceAll("\0", " ")}`);
}

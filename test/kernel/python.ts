import { spawn } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));
const python = join(root, ".vitrail/jupyter/bin/python");

interface Finished {
  readonly code: number | null;
  readonly output: string;
}

/** A notebook folder with a local package and a local module, and a Jupyter data folder that knows this kernel only. */
export interface Bench {
  readonly folder: string;
  readonly jupyterPath: string;
  remove(): void;
}

/** Installs the built kernel's spec into a folder of its own. */
export async function bench(): Promise<Bench> {
  const at = mkdtempSync(join(tmpdir(), "vitrail-kernel-"));
  const folder = join(at, "notebook");
  const own = join(folder, "node_modules/small-package");
  mkdirSync(own, { recursive: true });
  writeFileSync(
    join(own, "package.json"),
    JSON.stringify({
      name: "small-package",
      version: "1.0.0",
      exports: { ".": { types: "./index.d.mts", import: "./index.mjs", require: "./index.cjs" } },
    }),
  );
  writeFileSync(join(own, "index.mjs"), 'export default "through the import condition";\n');
  writeFileSync(join(own, "index.cjs"), 'module.exports = "through the require condition";\n');
  writeFileSync(join(own, "index.d.mts"), "declare const text: string;\nexport default text;\n");
  writeFileSync(
    join(folder, "shapes.ts"),
    'import { times } from "./times.js";\nexport const area = (a: number, b: number): number => times(a, b);\n',
  );
  writeFileSync(
    join(folder, "broken.ts"),
    "interface Unused {\n  a: number;\n}\nexport const broken = (a: number): never => { throw new Error(`broken ${a}`); };\n",
  );
  writeFileSync(join(folder, "numbers.json"), "[1, 2, 3]\n");
  writeFileSync(
    join(folder, "counts.ts"),
    'import numbers from "./numbers.json";\nexport const count = numbers.length;\n',
  );
  writeFileSync(join(folder, "times.ts"), "export const times = (a: number, b: number): number => a * b;\n");
  const { installKernelspec } = (await import(join(root, "kernel/dist/jupyter/kernelspec.js"))) as {
    installKernelspec(prefix: string): string;
  };
  const spec = JSON.parse(readFileSync(installKernelspec(at), "utf8")) as { argv: string[] };
  const echo = join(at, "share/jupyter/kernels/vitrail-echo");
  mkdirSync(echo);
  const argv = spec.argv.with(1, fileURLToPath(new URL("echoKernel.mjs", import.meta.url)));
  writeFileSync(join(echo, "kernel.json"), JSON.stringify({ ...spec, argv }));
  return {
    folder,
    jupyterPath: join(at, "share/jupyter"),
    remove: () => rmSync(at, { recursive: true, force: true }),
  };
}

/** Runs a script of this folder with jupyter_client; its kernels are found by the mark they carry in their environment. */
export function runPython(script: string, on: Bench, ...rest: string[]): Promise<Finished> {
  const child = spawn(python, [fileURLToPath(new URL(script, import.meta.url)), ...rest], {
    env: { ...process.env, JUPYTER_PATH: on.jupyterPath, FOLDER: on.folder, PYTHONUNBUFFERED: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  const read = (chunk: Buffer): void => void (output += chunk.toString());
  child.stdout.on("data", read);
  child.stderr.on("data", read);
  return new Promise((resolve) => child.on("close", (code) => resolve({ code, output })));
}

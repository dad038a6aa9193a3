import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The content of `kernel.json`. */
export interface KernelSpec {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
  readonly interrupt_mode: "message";
  readonly metadata: Record<string, unknown>;
}

/** The kernelspec of this installation: the running Node and this package, by absolute paths. */
export function kernelspec(): KernelSpec {
  return {
    argv: [process.execPath, fileURLToPath(new URL("./main.js", import.meta.url)), "{connection_file}"],
    display_name: "TypeScript (Vitrail)",
    language: "typescript",
    // In signal mode Jupyter would signal the whole process group, and Node would die of it.
    interrupt_mode: "message",
    metadata: { debugger: false },
  };
}

/** Writes `<prefix>/share/jupyter/kernels/vitrail/kernel.json` and returns its path. */
export function installKernelspec(prefix: string): string {
  const folder = join(prefix, "share", "jupyter", "kernels", "vitrail");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "kernel.json");
  writeFileSync(file, `${JSON.stringify(kernelspec(), null, 2)}\n`);
  return file;
}

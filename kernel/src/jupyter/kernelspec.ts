import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The content of `kernel.json`. */
interface KernelSpec {
  readonly argv: readonly string[];
  readonly display_name: string;
  readonly language: string;
  readonly interrupt_mode: "message";
  readonly metadata: Record<string, unknown>;
}

/** The kernelspec of this installation: the running Node and this package, by absolute paths. */
function kernelspec(): KernelSpec {
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
  // Whoever looks for kernels meanwhile finds the old file or the new one, never a part.
  const half = `${file}.${process.pid}`;
  writeFileSync(half, `${JSON.stringify(kernelspec(), null, 2)}\n`);
  renameSync(half, file);
  return file;
}

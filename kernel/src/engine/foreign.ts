import { createRequire } from "node:module";

/** As of a program's first thread on Linux; koffi's own is a quarter of it, and drivers compile shaders while they are called. */
const stack = 8 * 2 ** 20;

let koffi: typeof import("koffi") | undefined;

/**
 * Calls of C libraries. Loaded on first use: a platform without koffi's binary still has what does not need it. Whoever loads
 * a library with it holds on to its handle, because koffi unloads one whose handle is collected.
 */
export function foreign(): typeof import("koffi") {
  if (koffi !== undefined) return koffi;
  koffi = createRequire(import.meta.url)("koffi") as typeof import("koffi");
  try {
    koffi.config({ sync_stack_size: stack });
  } catch {
    // A cell has loaded a library of its own with this koffi, and settled it.
  }
  return koffi;
}

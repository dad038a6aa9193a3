import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { expect, test } from "vitest";
import { installKernelspec } from "./kernelspec.js";

test("the kernelspec starts this installation by absolute paths and is interrupted by message", () => {
  const prefix = mkdtempSync(join(tmpdir(), "vitrail-spec-"));
  try {
    const file = installKernelspec(prefix);
    expect(file).toBe(join(prefix, "share/jupyter/kernels/vitrail/kernel.json"));
    const spec = JSON.parse(readFileSync(file, "utf8")) as { argv: string[]; interrupt_mode: string };
    expect(spec.interrupt_mode).toBe("message");
    expect(spec.argv.slice(0, 2).every((part) => isAbsolute(part))).toBe(true);
    expect(spec.argv[2]).toBe("{connection_file}");
  } finally {
    rmSync(prefix, { recursive: true });
  }
});

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { expect, test } from "vitest";
import {
  installKernelspec,
  installRemoteKernelspec,
  remoteKernelspecs,
  removeRemoteKernelspec,
} from "./kernelspec.js";

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

test("kernels on other machines stand beside it, each under its host's name", () => {
  const prefix = mkdtempSync(join(tmpdir(), "vitrail-spec-"));
  try {
    installKernelspec(prefix);
    expect(remoteKernelspecs(prefix)).toEqual([]);
    expect(() => removeRemoteKernelspec(prefix, "box")).toThrow("none is for another machine");
    const file = installRemoteKernelspec(prefix, { host: "me@box", folder: "a b" });
    expect(file).toBe(join(prefix, "share/jupyter/kernels/vitrail-on-me-box/kernel.json"));
    const spec = JSON.parse(readFileSync(file, "utf8")) as { argv: string[]; display_name: string };
    expect(spec.display_name).toBe("TypeScript (Vitrail on me@box)");
    expect(spec.argv.slice(2)).toEqual(["{connection_file}", "--host=me@box", "--folder=a b"]);
    expect(remoteKernelspecs(prefix)).toEqual(["vitrail-on-me-box"]);
    expect(() => removeRemoteKernelspec(prefix, "bax")).toThrow(
      `no kernel "vitrail-on-bax" in ${prefix}: vitrail-on-me-box`,
    );
    removeRemoteKernelspec(prefix, "me@box");
    expect(remoteKernelspecs(prefix)).toEqual([]);
  } finally {
    rmSync(prefix, { recursive: true });
  }
});

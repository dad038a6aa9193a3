import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const { leftovers } = (await import(join(root, "test/leftovers.mjs"))) as {
  leftovers(root: string, scratch: string): Promise<string[]>;
};

const at = mkdtempSync(join(tmpdir(), "vt-left-"));
const [runtime, scratch] = [join(at, "runtime"), join(at, "scratch")];
beforeAll(() => {
  for (const folder of [runtime, scratch]) mkdirSync(folder);
  process.env["VITRAIL_RUNTIME_DIR"] = runtime;
});
afterAll(() => {
  delete process.env["VITRAIL_RUNTIME_DIR"];
  rmSync(at, { recursive: true });
});

test("folders of sessions without a broker are left over, and folders that tests make", async () => {
  const session = (name: string, pid: number) => {
    mkdirSync(join(runtime, name));
    writeFileSync(join(runtime, name, "broker.json"), JSON.stringify({ pid }));
  };
  session("living", process.pid);
  session("dead", 2 ** 30);
  mkdirSync(join(runtime, ".half-12-3456"));
  for (const name of ["vt-aB3dE6", "vitrail-lab-abc123", "vitrail-0", "playwright-artifacts-abc123"])
    mkdirSync(join(scratch, name));
  const found = await leftovers(root, scratch);
  expect(found.filter((each) => each.startsWith(at)).sort()).toEqual([
    join(runtime, ".half-12-3456"),
    join(runtime, "dead"),
    join(scratch, "vitrail-lab-abc123"),
    join(scratch, "vt-aB3dE6"),
  ]);
});

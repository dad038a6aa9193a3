import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "vitrail-mirror-"));

/** A mirror that has nothing, and what it was asked for. */
const asked: string[] = [];
const mirror = createServer(({ url = "" }, response) => {
  asked.push(url);
  response.writeHead(404).end();
});
beforeAll(() => new Promise<void>((resolve) => mirror.listen(0, "127.0.0.1", resolve)));
afterAll(() => {
  mirror.close();
  rmSync(folder, { recursive: true });
});

/** What is said when a package that there is nowhere is to be installed into the project's environment. */
async function installed(env: NodeJS.ProcessEnv): Promise<{ code: unknown; said: string }> {
  const program = `
    import { main } from "./kernel/setup/command.mjs";
    import { environmentPython } from "./kernel/setup/place.mjs";
    import { install } from "./kernel/setup/uv.mjs";
    await main(() => install("installing what is not there", environmentPython, ["vitrail-is-not-there==1"]));
  `;
  const unset = { UV_DEFAULT_INDEX: undefined, PIP_INDEX_URL: undefined };
  const child = spawn(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: root,
    env: { ...process.env, ...unset, ...env },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (said += text));
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, said };
}

test.each(["its environment", "its configuration"])(
  "packages come from the mirror that pip has been told of in %s",
  async (place) => {
    asked.length = 0;
    const index = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}/simple`;
    const file = join(folder, "pip.conf");
    writeFileSync(file, `[global]\nindex-url = ${index}\n`);
    const told = place === "its environment" ? { PIP_INDEX_URL: index } : { PIP_CONFIG_FILE: file };
    const { code, said } = await installed(told);
    expect(code).toBe(1);
    expect(said).toContain("vitrail-is-not-there==1 failed: exit code");
    expect(asked).toContain("/simple/vitrail-is-not-there/");
  },
);

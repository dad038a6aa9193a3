import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeEach, expect, test } from "vitest";

const start = fileURLToPath(new URL("../../kernel/setup/start.mjs", import.meta.url));
const at = mkdtempSync(join(tmpdir(), "vt-tools-"));
const bin = join(at, "bin");
afterAll(() => rmSync(at, { recursive: true, force: true }));

/** A machine that has these programs and nothing else. */
function machine(programs: Record<string, string>): void {
  rmSync(bin, { recursive: true, force: true });
  spawnSync("mkdir", [bin]);
  symlinkSync(process.execPath, join(bin, "node"));
  for (const [name, script] of Object.entries(programs)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  }
}

function begin(...options: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...options, start, "--no-browser"], {
    env: { PATH: bin },
    encoding: "utf8",
  });
  return { status, said: `${stdout}${stderr}`.trimEnd() };
}

const npm = "echo 10.0.0";
const debian = "echo apt 2.6.1";
const offers = (...names: string[]) =>
  `case "$2" in ${names.map((name) => `${name}-venv`).join("|")}) exit 0;; esac\nexit 100`;
const python = (version: string) => `case "$2" in *ensurepip*) exit 0;; esac\necho ${version}`;
const withoutVenv = 'case "$2" in *ensurepip*) exit 1;; esac\necho 3.12.1';
const linux = process.platform === "darwin" ? test.skip : test;

beforeEach(() => machine({}));

linux.each([
  ["no npm", { "apt-get": debian, python3: python("3.12.1") }, "npm is missing: sudo apt-get install npm"],
  [
    "no Python",
    { "apt-get": debian, "apt-cache": offers("python3", "python3.13"), npm },
    "Python 3 is missing, Vitrail needs 3.11.0 or later: sudo apt-get install python3 python3-venv",
  ],
  [
    "an old Python where a newer one can be had",
    { "apt-get": debian, "apt-cache": offers("python3", "python3.11"), npm, python3: python("3.9.2") },
    "Python 3.9.2 is too old, Vitrail needs 3.11.0 or later: sudo apt-get install python3.11 python3.11-venv",
  ],
  [
    "an old Python where no newer one can be had",
    { "apt-get": debian, "apt-cache": offers("python3"), npm, python3: python("3.9.2") },
    "Python 3.9.2 is too old, Vitrail needs 3.11.0 or later: see https://www.python.org/downloads",
  ],
  [
    "Python without venv",
    { "apt-get": debian, npm, python3: withoutVenv },
    "python3 has no venv module: sudo apt-get install python3-venv",
  ],
  [
    "a newer Python without venv, beside an old one",
    { "apt-get": debian, npm, python3: python("3.9.2"), "python3.12": withoutVenv },
    "python3.12 has no venv module: sudo apt-get install python3.12-venv",
  ],
  [
    "no Python, and no apt to get it with",
    { npm },
    "Python 3 is missing, Vitrail needs 3.11.0 or later: see https://www.python.org/downloads",
  ],
])("%s is one line with the cure", (_, programs, line) => {
  machine(programs as Record<string, string>);
  expect(begin()).toEqual({ status: 1, said: line });
});

linux("an old Node is one line with the cure, before it reads what it cannot", () => {
  machine({ "apt-get": debian });
  const first = fileURLToPath(new URL("../../kernel/setup/node.cjs", import.meta.url));
  const on = (node: string) => {
    const versions = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${node}" } })`;
    const preload = ["--import", `data:text/javascript,${encodeURIComponent(versions)}`];
    return spawnSync(process.execPath, [...preload, first], { env: { PATH: bin }, encoding: "utf8" });
  };
  for (const old of ["10.24.1", "18.20.4", "20.18.9"]) {
    const { status, stderr } = on(old);
    expect(status, old).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^Node ${old} is too old, Vitrail needs 20\\.19\\.0 or later: curl .*nodejs\\n$`),
    );
  }
  for (const young of ["20.19.0", "20.20.2", "22.0.0", "24.1.0"]) expect(on(young).status, young).toBe(0);
  // Every word of it is read by the first version that had `const` and arrows, and by those before.
  expect(readFileSync(first, "utf8")).not.toMatch(/\b(const|let|import|await)\b|=>|\?\?|`/);
  const { scripts } = JSON.parse(
    readFileSync(fileURLToPath(new URL("../../package.json", import.meta.url)), "utf8"),
  ) as { scripts: Record<string, string> };
  for (const name of ["start", "test"]) expect(scripts[name]).toMatch(/^node kernel\/setup\/node\.cjs && /);
});

test("an option that is not there is one line", () => {
  const { status, stderr } = spawnSync(process.execPath, [start, "--port", "none"], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: "--port none: must be a whole number from 1 to 65535\n",
  });
});

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { commandOn, kernelNameOn, machineOf, readMachine, wordsOf } from "./machine.js";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "vitrail-home-"));
});
afterAll(() => rmSync(home, { recursive: true }));

test("a machine is a host and a folder", () => {
  expect(readMachine("me@gpu-box:vitrail")).toEqual({ host: "me@gpu-box", folder: "vitrail" });
  expect(readMachine("box:/srv/a b:c")).toEqual({ host: "box", folder: "/srv/a b:c" });
  for (const wrong of ["", "box", "box:", ":vitrail", "a b:vitrail"])
    expect(() => readMachine(wrong)).toThrow(`no machine "${wrong}": write host:folder, such as `);
});

test("a host is none of ssh's options", () => {
  expect(() => readMachine("-oProxyCommand=touch x:vitrail")).toThrow("no machine");
  expect(() => readMachine("-v:vitrail")).toThrow('no machine "-v:vitrail"');
});

test("its words are read as they were written", () => {
  const plain = { host: "box", folder: "-v" };
  const full = { host: "me@box", folder: "a b", node: "/opt/node 22/node", config: "~/x=y" };
  for (const machine of [plain, full]) expect(machineOf(wordsOf(machine))).toEqual(machine);
  expect(() => machineOf(["--host=box"])).toThrow('no host and folder in "--host=box"');
});

test("Jupyter takes the kernel's name", () => {
  // The rule of jupyter_client's kernelspec.
  for (const host of ["me@gpu-box.example.org", "böx", "10.0.0.7"])
    expect(kernelNameOn(host)).toMatch(/^vitrail-on-[a-z0-9._-]+$/i);
});

test.each(["plain", 'it\'s $HOME `id` \\ "two" words', "~"])("a shell runs it in folder %j", (name) => {
  const folder = join(home, name, "kernel/dist");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "echo.cjs"), "console.log(JSON.stringify(process.argv.slice(2)));");
  const words = ["a b", "it's", "$HOME", "-"];
  const run = (path: string, node?: string) => {
    const command = commandOn({ host: "box", folder: path, node }, "echo.cjs", words);
    const { stdout, stderr } = spawnSync("sh", ["-c", command], { cwd: home, encoding: "utf8" });
    expect(stderr).toBe("");
    return JSON.parse(stdout) as string[];
  };
  for (const path of [join(home, name), `./${name}/`, `~/${name}`]) expect(run(path)).toEqual(words);
  expect(run(join(home, name), process.execPath)).toEqual(words);
});

test("the home folder itself may be the clone", () => {
  expect(commandOn({ host: "box", folder: "~" }, "cli.js", [])).toBe("exec 'node' './kernel/dist/cli.js'");
});

import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { root } from "../browser/lab.js";
import { bench, runPython, type Bench } from "../kernel/python.js";
import { endSessions } from "./sessions.js";
import { farMachine, type FarMachine } from "./sshServer.js";

const missing = spawnSync("ssh", ["-V"]).error !== undefined;
if (missing && process.env["CI"])
  test("has ssh in continuous integration", () => expect.fail("ssh is not installed"));
if (missing) console.warn("kernels on another machine are not tested: ssh is not installed");

describe.skipIf(missing)("a kernel on another machine", () => {
  let on: Bench;
  let far: FarMachine;
  let prefix: string;
  /** Where sessions of this machine would be. */
  const near = mkdtempSync(join(tmpdir(), "vtn-"));
  /** The command line of this clone: its exit status and what it prints. */
  const vitrail = async (...words: string[]) => {
    const child = spawn(process.execPath, [join(root, "kernel/dist/cli.js"), "kernels", ...words], {
      cwd: dirname(far.config),
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => (said += part));
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { status, said };
  };

  beforeAll(async () => {
    process.env["VITRAIL_RUNTIME_DIR"] = near;
    on = await bench();
    prefix = dirname(dirname(on.jupyterPath));
    // What Jupyter's tests find left-over processes by.
    far = await farMachine({ JUPYTER_PATH: on.jupyterPath });
    symlinkSync(root, join(far.home, "vitrail"));
    mkdirSync(join(far.home, "empty"));
  });
  afterEach(() => endSessions(far.runtime));
  afterAll(async () => {
    await far.stop();
    on.remove();
    rmSync(near, { recursive: true });
  });

  test.each([
    ["far", [], 'no machine "far": write host:folder, such as '],
    [
      "nowhere.invalid:vitrail",
      [],
      "nowhere.invalid did not run exec 'node' 'vitrail/kernel/dist/cli.js' '--version': ssh could not get there",
    ],
    ["far:empty", [], "it ended with 1"],
    ["far:vitrail", ["--node", "/no/node"], "its shell finds no such Node: give its path there with --node"],
    [
      "far:vitrail",
      ["--node", "echo"],
      'far answers "vitrail/kernel/dist/cli.js --version", not the version of a vitrail',
    ],
  ])("%s %j is not registered", async (place, more, why) => {
    const { status, said } = await vitrail("add", place, "--config", far.config, "--prefix", prefix, ...more);
    expect(status).toBe(1);
    expect(said.trim().split("\n").at(-1)).toContain(why);
    expect(readdirSync(join(on.jupyterPath, "kernels")).sort()).toEqual(["vitrail", "vitrail-echo"]);
  });

  test("is registered by one command, works as one here does, and leaves its session to the next", async () => {
    const own = ["--config", far.config, "--prefix", prefix];
    const { version } = JSON.parse(readFileSync(join(root, "kernel/package.json"), "utf8")) as {
      version: string;
    };
    const file = join(on.jupyterPath, "kernels/vitrail-on-far/kernel.json");
    expect(await vitrail("add", "far:~/vitrail", ...own)).toEqual({
      status: 0,
      said: `vitrail ${version} on far\n${file}\n`,
    });
    expect(await vitrail("list", "--prefix", prefix)).toEqual({ status: 0, said: "vitrail-on-far\n" });
    const { code, output } = await runPython("../together/remote.py", on, far.home);
    expect(output).not.toContain("FAILED");
    expect(code, output).toBe(0);
    expect(await runPython("left_behind.py", on)).toEqual({ code: 0, output: "" });
    expect([...readdirSync(far.runtime), ...readdirSync(near)]).toEqual([]);
    expect(readdirSync("/tmp").filter((name) => /^vitrail-kernel-[0-9a-f]{24}$/.test(name))).toEqual([]);
    expect((await vitrail("remove", "farther", "--prefix", prefix)).said).toBe(
      `no kernel "vitrail-on-farther" in ${prefix}: vitrail-on-far\n`,
    );
    expect((await vitrail("remove", "far", "--prefix", prefix)).status).toBe(0);
    expect(existsSync(file)).toBe(false);
  });

  test("is registered as the README says", async () => {
    const readme = readFileSync(join(root, "README.md"), "utf8");
    const [, words = ""] = /^node kernel\/dist\/cli\.js kernels (.*)$/m.exec(readme) ?? [];
    // Jupyter will start it elsewhere.
    const own = ["--config", "config", "--prefix", prefix];
    expect(await vitrail(...words.split(" "), ...own)).toMatchObject({ status: 0 });
    const spec = JSON.parse(
      readFileSync(join(on.jupyterPath, "kernels/vitrail-on-me-gpu-box/kernel.json"), "utf8"),
    ) as { display_name: string; argv: string[] };
    expect(spec.argv).toContain(`--config=${far.config}`);
    expect(readme).toContain(`"${spec.display_name}"`);
    expect(await vitrail("remove", "me@gpu-box", "--prefix", prefix)).toMatchObject({ status: 0 });
    expect(readdirSync(join(on.jupyterPath, "kernels")).sort()).toEqual(["vitrail", "vitrail-echo"]);
  });
});

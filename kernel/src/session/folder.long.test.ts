import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { program } from "../engine/launch/program.js";
import { BrokerClient } from "./client.js";
import { claim, sessionFolder } from "./folder.js";
import { Session } from "./session.js";
import { opt, ownRuntime, quiet, rows, runtime } from "./sessions.fixture.js";

ownRuntime();

test.skipIf(process.platform === "win32")(
  "a name is free again when its folder could not be written, and the line says where there is no room",
  async () => {
    const folder = fileURLToPath(program(new URL("./folder.js", import.meta.url)));
    const text = `
      const { claim } = await import(${JSON.stringify(folder)});
      try { claim("full", "{}"); } catch (error) { console.log(error.message); }`;
    // No file may grow.
    const shell = `ulimit -f 0; exec "$0" --input-type=module -e "$1"`;
    const { stdout } = spawnSync("bash", ["-c", shell, process.execPath, text], { encoding: "utf8" });
    expect(stdout).toMatch(
      /^no session can be kept in .*run \(EFBIG: [^\n]*\): make room there, or set VITRAIL_RUNTIME_DIR to [^\n]*\n$/,
    );
    expect(readdirSync(runtime.path)).toEqual([]);
  },
);

test("a name that can be no folder's is refused with what one may be", () => {
  const rule =
    "use a text of 1 to 64 letters, digits, dots, dashes and underscores that does not begin with a dot or a dash";
  for (const [name, shown] of [
    ["-rf", '"-rf"'],
    [".", '"."'],
    ["a\nb", '"a\\nb"'],
    ["", '""'],
    ["a".repeat(65), `"${"a".repeat(65)}"`],
    [5, "is number"],
    [{}, "is object"],
  ] as const)
    expect(() => sessionFolder(name as string)).toThrow(new Error(`session name ${shown}: ${rule}`));
  for (const name of ["a", "_", "0", "a.b-c_d", "a".repeat(64)])
    expect(sessionFolder(name).path).toBe(join(runtime.path, name));
});

test("what is no folder in a session's place is said, and not waited for", async () => {
  mkdirSync(runtime.path, { recursive: true, mode: 0o700 });
  const { path } = sessionFolder("plain");
  writeFileSync(path, "");
  try {
    await expect(Session.open(opt, { ...quiet, name: "plain" })).rejects.toThrow(
      `${path} is no folder: remove it, or open under another name`,
    );
  } finally {
    rmSync(path);
  }
});

test("a path that would be another folder for the broker is refused", async () => {
  process.env["VITRAIL_RUNTIME_DIR"] = "sessions";
  try {
    await expect(Session.open(opt, quiet)).rejects.toThrow(
      `VITRAIL_RUNTIME_DIR "sessions" is not an absolute path: ${join(process.cwd(), "sessions")} would be one`,
    );
  } finally {
    process.env["VITRAIL_RUNTIME_DIR"] = runtime.path;
  }
});

test("a name is free although another process has the number of its dead broker, as after a restart", async () => {
  const session = await Session.open(opt, { ...quiet, name: "reborn" });
  const { pid } = await session.status();
  const other = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  try {
    process.kill(pid, "SIGKILL");
    // Its socket stays, and nobody listens at it.
    await expect(session.forward(rows)).rejects.toThrow("has ended");
    const folder = sessionFolder("reborn");
    expect(existsSync(folder.socket)).toBe(true);
    writeFileSync(folder.broker, JSON.stringify({ pid: other.pid }));
    const next = await Session.open(opt, { ...quiet, name: "reborn" });
    expect((await next.forward(rows)).logits!.shape[0]).toBe(2);
    await next.close();
  } finally {
    other.kill();
    await once(other, "exit");
  }
});

test("a folder from before the clock was set back is not taken for one that is just starting", async () => {
  const { path } = claim("early", "{}")!;
  const later = Date.now() / 1000 + 3600;
  utimesSync(path, later, later);
  expect(await BrokerClient.connect("early")).toBeUndefined();
  expect(existsSync(path)).toBe(false);
});

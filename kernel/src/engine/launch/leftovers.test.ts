import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createSegment, removeSegment } from "../collectives/segment.js";
import { makeParcelFolder } from "../parcel/folder.js";
import { sweep } from "./leftovers.js";

let shared: string;
const makers: ChildProcess[] = [];
beforeEach(() => void (shared = mkdtempSync(join(tmpdir(), "leftovers-"))));
afterEach(() => {
  for (const maker of makers.splice(0)) maker.kill("SIGKILL");
  rmSync(shared, { recursive: true });
});

/** Runs what makes something in a process of its own, which then lives on: it, and the name of what it made. */
async function maker(module: string, call: string): Promise<{ made: string; killed(): Promise<void> }> {
  const built = new URL(`../../../dist/engine/${module}`, import.meta.url).href;
  const program = `import * as room from ${JSON.stringify(built)}; console.log(room.${call}); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  makers.push(child);
  const made = await new Promise<string>((resolve) =>
    child.stdout.once("data", (line: Buffer) => resolve(`${line}`.trim())),
  );
  const killed = () =>
    new Promise<void>((resolve) => {
      child.once("close", () => resolve());
      child.kill("SIGKILL");
    });
  return { made, killed };
}

// As in a container that has the host's shared memory and process ids of its own.
const nobody = 2 ** 22 + 1;

describe.skipIf(process.platform !== "linux")("in shared memory", () => {
  test("a parcel folder stays as long as its maker lives, though no process here has the maker's id", async () => {
    const folder = JSON.stringify(shared);
    const { made, killed } = await maker(
      "parcel/folder.js",
      `makeParcelFolder("${nobody}", "/nowhere", ${folder})`,
    );
    expect(() => process.kill(nobody, 0)).toThrow("ESRCH");
    sweep(shared);
    expect(existsSync(made)).toBe(true);
    await killed();
    sweep(shared);
    expect(readdirSync(shared)).toEqual([]);
  });

  test("a leftover goes though a process has its maker's id, and what is called otherwise stays", () => {
    mkdirSync(join(shared, `vitrail-${process.pid}-0123456789abcdef`));
    const kept = makeParcelFolder(`${process.pid}`, "/nowhere", shared);
    mkdirSync(join(shared, "vitrail-1000"));
    sweep(shared);
    expect(readdirSync(shared).map((name) => join(shared, name))).toEqual(
      [kept, join(shared, "vitrail-1000")].sort(),
    );
  });

  test("segments of dead makers are swept away, those of living ones stay", async () => {
    const { made, killed } = await maker("collectives/segment.js", "createSegment(2, 65536)");
    const kept = createSegment(2, 65536);
    sweep();
    expect(readdirSync("/dev/shm")).toEqual(expect.arrayContaining([made.slice(1), kept.slice(1)]));
    await killed();
    sweep();
    expect(readdirSync("/dev/shm")).not.toContain(made.slice(1));
    expect(readdirSync("/dev/shm")).toContain(kept.slice(1));
    removeSegment(kept);
  });
});

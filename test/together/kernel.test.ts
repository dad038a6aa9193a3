import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { root } from "../browser/lab.js";
import { bench, runPython, type Bench } from "../kernel/python.js";
import { endSessions } from "./sessions.js";

// Short, because sockets lie in it.
const runtime = mkdtempSync(join(tmpdir(), "vtt-"));
const wide = join(root, ".vitrail", "bench", "opt-125m");
let on: Bench;

beforeAll(async () => {
  process.env["VITRAIL_RUNTIME_DIR"] = runtime;
  on = await bench();
});
afterEach(() => endSessions(runtime));
afterAll(() => {
  on.remove();
  rmSync(runtime, { recursive: true, force: true });
});

test.each([
  ["a notebook opens the demo over two processes and sees its attention", "opening.py"],
  ["an interrupt ends a forward pass; variables and session are kept", "interruption.py"],
  ["a session outlives the kernel and is found again", "restart.py"],
  ["sessions and hook points are completed, explained and typed", "language.py"],
  ["a killed worker fails the running call only", "loss.py"],
  ["a host edit that throws fails its cell only, in the cell's own lines", "throwing.py"],
])("%s", async (_, script) => {
  const { code, output } = await runPython(`../together/${script}`, on, ...(existsSync(wide) ? [wide] : []));
  expect(output).not.toContain("FAILED");
  expect(code, output).toBe(0);
  expect(await runPython("left_behind.py", on)).toEqual({ code: 0, output: "" });
  expect(readdirSync(runtime)).toEqual([]);
});

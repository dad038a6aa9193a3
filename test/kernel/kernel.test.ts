import { afterAll, beforeAll, expect, test } from "vitest";
import { bench, runPython, type Bench } from "./python.js";

let on: Bench;
beforeAll(async () => {
  on = await bench();
});
afterAll(() => on.remove());

test.each([
  ["cells run, are typed, share names and fail in their own coordinates", "cells.py"],
  ["streams and displays arrive whole, in order, before idle", "streams.py"],
  ["interrupts stop whatever runs and keep variables", "interrupts.py"],
  ["every other message of the protocol is answered, also while a cell runs", "protocol.py"],
  ["the kernel starts, restarts and ends, and leaves no process", "lifecycle.py"],
  ["notebooks run headless", "headless.py"],
])("%s", async (_, script) => {
  const { code, output } = await runPython(script, on);
  expect(output).not.toContain("FAILED");
  expect(code, output).toBe(0);
  expect(await runPython("left_behind.py", on)).toEqual({ code: 0, output: "" });
});

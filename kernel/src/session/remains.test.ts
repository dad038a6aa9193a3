import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { claim, removeFolder, sessionFolder } from "./folder.js";
import { removeRemains } from "./remains.js";
import { ownRuntime } from "./sessions.fixture.js";

ownRuntime();

/** A process id that was somebody's. */
const dead = () => spawnSync("true").pid;

test("the folder of a dead broker is removed once, and the next one's is left alone", () => {
  const pid = dead();
  const folder = claim("gone", "{}")!;
  writeFileSync(folder.broker, JSON.stringify({ pid }));
  expect(removeRemains("gone", pid)).toBe(true);
  expect(existsSync(folder.path)).toBe(false);
  // Whoever was slower finds what the faster one has made meanwhile: just started, then with its broker.
  claim("gone", '{"next":true}');
  expect(removeRemains("gone", pid)).toBe(false);
  writeFileSync(folder.broker, JSON.stringify({ pid: process.pid }));
  expect(removeRemains("gone", pid)).toBe(false);
  expect(readFileSync(folder.order, "utf8")).toBe('{"next":true}');
  removeFolder("gone");
});

test("what never had a broker is removed when it is old, with or without what it was to open", () => {
  for (const order of ["{}", undefined]) {
    const folder = sessionFolder("stale");
    if (order === undefined) mkdirSync(folder.path, { mode: 0o700 });
    else claim("stale", order);
    expect(removeRemains("stale", undefined)).toBe(false);
    // As the folder looks when another process has begun to remove it: left to that one.
    if (order !== undefined) {
      renameSync(folder.order, `${folder.order}.taken-1`);
      expect(removeRemains("stale", undefined)).toBe(false);
      renameSync(`${folder.order}.taken-1`, folder.order);
    }
    utimesSync(folder.path, 1000, 1000);
    expect(removeRemains("stale", undefined)).toBe(true);
    expect(existsSync(folder.path)).toBe(false);
  }
});

test("a broker that has begun to listen since it was looked for is left alone, however long it took", () => {
  const folder = claim("late", "{}")!;
  writeFileSync(folder.broker, JSON.stringify({ pid: process.pid }));
  for (const age of [0, 1000]) {
    if (age > 0) utimesSync(folder.path, age, age);
    expect(removeRemains("late", undefined)).toBe(false);
  }
  expect(readFileSync(folder.order, "utf8")).toBe("{}");
  removeFolder("late");
});

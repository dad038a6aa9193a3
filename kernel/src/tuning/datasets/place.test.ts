import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { dataFolders, findData } from "./place.js";

const at = mkdtempSync(join(tmpdir(), "vitrail-place-"));
afterAll(() => rmSync(at, { recursive: true }));

test("data is looked for where it was asked for, in the cache, and beside the project", () => {
  const environment = { VITRAIL_DATA: "/given", XDG_CACHE_HOME: "/cache" };
  expect(dataFolders(environment, "/home/a/vitrail/kernel")).toEqual([
    "/given",
    join("/cache", "vitrail", "data"),
    join("/home", "a", "shared", "data"),
  ]);
  expect(dataFolders({ XDG_CACHE_HOME: "/cache" }, "/home/a/vitrail/kernel")).toHaveLength(2);
});

test("the nearest folder that has the file wins, and a missing file names them all", () => {
  const [near, far] = [join(at, "near"), join(at, "far")];
  mkdirSync(join(far, "set"), { recursive: true });
  writeFileSync(join(far, "set", "a.tsv"), "far");
  expect(findData("set/a.tsv", [near, far])).toBe(join(far, "set", "a.tsv"));
  mkdirSync(join(near, "set"), { recursive: true });
  writeFileSync(join(near, "set", "a.tsv"), "near");
  expect(findData("set/a.tsv", [near, far])).toBe(join(near, "set", "a.tsv"));
  expect(() => findData("set/b.tsv", [near, far])).toThrow(
    `no data "set/b.tsv": it is in none of ${near}, ${far}`,
  );
});

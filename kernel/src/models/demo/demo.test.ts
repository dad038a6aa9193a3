import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { keptFolder } from "../checkpoint/kept.js";
import { demoCheckpoint } from "./find.js";
import { makeDemo } from "./make.js";

const at = mkdtempSync(join(tmpdir(), "vitrail-demo-"));
afterAll(() => rmSync(at, { recursive: true, force: true }));

const hashes = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder)
      .sort()
      .map((name) => [
        name,
        createHash("sha256")
          .update(readFileSync(join(folder, name)))
          .digest("hex"),
      ]),
  );

test("every make writes the same bytes, and demoCheckpoint() gives a folder of them", () => {
  const [one, two] = ["one", "two"].map((name) => join(at, name));
  makeDemo(one!);
  makeDemo(two!);
  const made = hashes(one!);
  expect(Object.keys(made)).toEqual([
    "config.json",
    "generation_config.json",
    "merges.txt",
    "model.safetensors",
    "special_tokens_map.json",
    "tokenizer_config.json",
    "vocab.json",
  ]);
  expect(hashes(two!)).toEqual(made);
  expect(hashes(demoCheckpoint())).toEqual(made);
});

test("the demo lies in the workspace of the package, whatever the working folder, else in the user's cache", () => {
  const before = process.cwd();
  const folder = demoCheckpoint();
  process.chdir(at);
  try {
    expect(demoCheckpoint()).toBe(folder);
  } finally {
    process.chdir(before);
  }
  expect(folder).toMatch(/[\\/]\.vitrail[\\/]checkpoints[\\/]demo$/);

  const installed = join(at, "node_modules", "vitrail");
  mkdirSync(installed, { recursive: true });
  writeFileSync(join(at, "node_modules", "package.json"), JSON.stringify({ name: "somebody-else" }));
  expect(keptFolder("demo", installed, { XDG_CACHE_HOME: join(at, "cache") })).toBe(
    join(at, "cache", "vitrail", "demo"),
  );
});

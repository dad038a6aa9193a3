import { expect, test } from "vitest";
import { decide } from "./shared.fixture.js";

const folders = ["/given", "/cache"];

test("a test runs where all its files are, in CI as elsewhere", () => {
  expect(decide([], folders, {})).toEqual({ kind: "run" });
  expect(decide([], folders, { CI: "true" })).toEqual({ kind: "run" });
});

test("missing data are skipped by name on a developer's machine, and a failure where CI is set", () => {
  const said = "bbq/Age.jsonl, sst/dev.txt not found in /given, /cache";
  const missing = ["bbq/Age.jsonl", "sst/dev.txt"];
  expect(decide(missing, folders, {})).toEqual({ kind: "skip", said });
  expect(decide(missing, folders, { CI: "" })).toEqual({ kind: "skip", said });
  expect(decide(missing, folders, { CI: "1" })).toEqual({ kind: "fail", said });
});

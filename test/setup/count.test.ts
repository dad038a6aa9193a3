import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));

interface Counted {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly said: readonly string[];
}
const { countTests } = (await import(join(root, "test/count.mjs"))) as {
  countTests(files: readonly object[], root: string, isContinuousIntegration: boolean): Counted;
};

const file = (name: string, status: string, tests: Record<string, string>) => ({
  name: join(root, name),
  status,
  assertionResults: Object.entries(tests).map(([fullName, status]) => ({ fullName, status })),
});
const files = [
  file("test/one.test.ts", "failed", { adds: "passed", subtracts: "failed" }),
  file("test/two.test.ts", "passed", { "on a GPU": "skipped", "one day": "todo" }),
];
const skipped = ["skipped: test/two.test.ts: on a GPU", "skipped: test/two.test.ts: one day"];

test("what is skipped is named, and is no failure on somebody's machine", () => {
  expect(countTests(files, root, false)).toEqual({ passed: 1, failed: 1, skipped: 2, said: skipped });
});

test("what is skipped in continuous integration is a failure", () => {
  expect(countTests(files, root, true)).toEqual({ passed: 1, failed: 3, skipped: 0, said: skipped });
});

test("a file that fails outside its tests is a failure", () => {
  const broken = file("test/three.test.ts", "failed", {});
  expect(countTests([broken], root, false)).toEqual({
    passed: 0,
    failed: 1,
    skipped: 0,
    said: ["test/three.test.ts failed outside its tests"],
  });
});

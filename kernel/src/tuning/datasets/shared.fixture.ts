import { test } from "vitest";
import { dataFolders, findData } from "./place.js";

/** What is to be done of a test of which files are missing: run it, pass it over, or let it fail, and why. */
export type Decision = { readonly kind: "run" } | { readonly kind: "skip" | "fail"; readonly said: string };

/**
 * Missing files are a reason to skip on a developer's machine, and a failure where `CI` is set: what is skipped there would
 * never be tested anywhere.
 */
export function decide(
  missing: readonly string[],
  folders: readonly string[],
  environment: NodeJS.ProcessEnv = process.env,
): Decision {
  if (missing.length === 0) return { kind: "run" };
  const said = `${missing.join(", ")} not found in ${folders.join(", ")}`;
  return { kind: environment["CI"] ? "fail" : "skip", said };
}

/** A test that reads data which are no part of the project. Where they are absent `decide` says what becomes of it. */
export function testWithData(
  name: string,
  paths: readonly string[],
  run: (files: readonly string[]) => void | Promise<void>,
): void {
  const found = paths.map((path) => {
    try {
      return findData(path);
    } catch {
      return undefined;
    }
  });
  const decision = decide(
    paths.filter((_, i) => found[i] === undefined),
    dataFolders(),
  );
  test(name, async (context) => {
    if (decision.kind === "fail") throw new Error(decision.said);
    if (decision.kind === "skip") {
      console.warn(`skipped: ${decision.said}`);
      context.skip();
    }
    await run(found as readonly string[]);
  });
}

import { test } from "vitest";
import { dataFolders, findData } from "./place.js";

/**
 * A test that reads data which are no part of the project. Where they are absent it is skipped and says which file was
 * not found; where `CI` is set it runs, and so fails.
 */
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
  const missing = paths.filter((_, i) => found[i] === undefined);
  test(name, async (context) => {
    if (missing.length > 0) {
      const said = `${missing.join(", ")} not found in ${dataFolders().join(", ")}`;
      if (process.env["CI"]) throw new Error(said);
      console.warn(`skipped: ${said}`);
      context.skip();
    }
    await run(found as readonly string[]);
  });
}

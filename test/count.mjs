import { relative } from "node:path";

/**
 * What the report of vitest comes to, with a line for everything that its own output does not name. In continuous
 * integration nothing has a reason to be skipped, so there it is a failure.
 */
export function countTests(files, root, isContinuousIntegration) {
  const counted = { passed: 0, failed: 0, skipped: 0, said: [] };
  for (const { name, status, assertionResults } of files) {
    const file = relative(root, name);
    for (const { status, fullName } of assertionResults) {
      if (status === "passed") counted.passed++;
      else if (status === "failed") counted.failed++;
      else {
        counted[isContinuousIntegration ? "failed" : "skipped"]++;
        counted.said.push(`skipped: ${file}: ${fullName}`);
      }
    }
    // A file that cannot be loaded, or a hook that fails, has no failing test of its own.
    if (status === "failed" && !assertionResults.some((each) => each.status === "failed")) {
      counted.said.push(`${file} failed outside its tests`);
      counted.failed++;
    }
  }
  return counted;
}

import type { SuiteRow } from "../templates/expand.js";

/**
 * Throws one line for rows that are no rows of a suite, such as bare texts, whose predictions would have no group.
 *
 * @param also what rows must have beside a text and a group
 */
export function checkRows(rows: readonly SuiteRow[], also: readonly ("template" | "term")[] = []): void {
  if (!Array.isArray(rows)) throw new Error(`rows are ${typeof rows}: give a suite, such as everydaySuite()`);
  const needed = ["text", "group", ...also] as const;
  const bare = rows.findIndex((row) => needed.some((name) => typeof row?.[name] !== "string"));
  if (bare >= 0)
    throw new Error(
      `row ${bare} is ${JSON.stringify(rows[bare])}: a row has label, category, group, text, template and term`,
    );
}

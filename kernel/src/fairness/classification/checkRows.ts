import { checkList } from "../../session/givenList.js";
import { checkClass } from "../../tuning/datasets/classIndex.js";
import type { SuiteRow } from "../templates/expand.js";

/**
 * Throws one line for rows that are no rows of a suite, such as bare texts, whose predictions would have no group, and for one
 * without a category, or whose label is no class.
 *
 * @param classes how many there are, undefined where that is not known
 * @param also what rows must have beside a text and a group
 */
export function checkRows(
  rows: readonly SuiteRow[],
  classes: number | undefined,
  also: readonly ("template" | "term")[] = [],
): void {
  checkList("rows", rows, "give a suite, such as everydaySuite()");
  const needed = ["text", "group", ...also] as const;
  const bare = rows.findIndex((row) => needed.some((name) => typeof row?.[name] !== "string"));
  if (bare >= 0)
    throw new Error(
      `row ${bare} is ${JSON.stringify(rows[bare])}: a row has label, category, group, text, template and term`,
    );
  const there = classes === undefined ? undefined : `there are ${classes} classes`;
  rows.forEach(({ category, label }: SuiteRow, i) => {
    if (typeof category !== "string")
      throw new Error(`row ${i} has category ${JSON.stringify(category)}: it must be a name`);
    checkClass(`row ${i} has label`, label, classes, there);
  });
}

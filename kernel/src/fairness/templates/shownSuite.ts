import { shownAs, table, type Displayable } from "../../display/index.js";
import { groupsOf } from "../metrics/prediction.js";
import { shownRows } from "../../tuning/shownRows.js";
import type { SuiteRow } from "./expand.js";

/** Rows of a suite, which show as a table of their groups; its caption says how many of them it shows. */
export function shownSuite(rows: SuiteRow[]): SuiteRow[] & Displayable {
  return shownAs(rows, () => {
    const labels = [...new Set(rows.map(({ label }) => label))].sort((a, b) => a - b);
    const different = (own: readonly SuiteRow[], name: "template" | "term") =>
      new Set(own.map((row) => row[name])).size;
    const { shown, said } = shownRows(groupsOf(rows), "groups");
    return table(
      shown,
      [
        { title: "category", value: ([first]) => first!.category },
        { title: "group", value: ([first]) => first!.group },
        { title: "rows", value: (own) => own.length },
        ...labels.map((label) => ({
          title: `class ${label}`,
          value: (own: readonly SuiteRow[]) => own.filter((row) => row.label === label).length,
        })),
        { title: "templates", value: (own) => different(own, "template") },
        { title: "terms", value: (own) => different(own, "term") },
        { title: "the first", value: ([first]) => first!.text },
      ],
      `${rows.length} sentences from ${different(rows, "template")} templates; ${said}`,
    );
  });
}

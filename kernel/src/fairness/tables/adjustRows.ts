import type { MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { adjust, type Correction } from "../statistics/multiple.js";

const names: Readonly<Record<Correction, string>> = {
  holm: "Holm",
  benjaminiHochberg: "Benjamini–Hochberg",
};

/**
 * The rows with their p values adjusted together, by default all of them as one family; rows without a p value are left
 * as they are and make the others no weaker. Use it again over the rows of several models, which are then one family.
 */
export function adjustRows(
  rows: readonly MetricRow[],
  family: (row: MetricRow) => unknown = () => true,
  correction: Correction = "holm",
): MetricRow[] {
  const adjusted = [...rows];
  const tested = [...rows.keys()].filter((i) => rows[i]!.p !== null && !Number.isNaN(rows[i]!.p));
  for (const places of groupBy(tested, (i) => String(family(rows[i]!))).values()) {
    const found = adjust(
      places.map((i) => rows[i]!.p!),
      correction,
    );
    const said = `${names[correction]} over ${places.length}`;
    places.forEach((i, k) => {
      const method = rows[i]!.method.replace(/; (Holm|Benjamini–Hochberg) over \d+$/, "");
      adjusted[i] = { ...rows[i]!, adjusted: found[k]!, method: `${method}; ${said}` };
    });
  }
  return adjusted;
}

import { printMetric, type MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { adjust, type Correction } from "../statistics/multiple.js";

const names: Readonly<Record<Correction, string>> = {
  holm: "Holm",
  benjaminiHochberg: "Benjamini–Hochberg",
};

/**
 * The rows with their p values adjusted together, by default all of them as one family; rows without a p value are left
 * as they are and make the others no weaker. Use it again over the rows of several models, which are then one family. A p
 * of N drawn permutations is at least 1/(N + 1), so that by Holm none of M tests can fall below M/(N + 1): where that is
 * above 0.05 the correction says so, since nothing could have been found.
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
    const draws = Math.max(...places.map((i) => rows[i]!.draws ?? Infinity));
    const least = places.length / (draws + 1);
    const floor =
      correction === "holm" && least > 0.05
        ? `, which cannot fall below ${printMetric(Math.min(1, least), "p")}: ${draws} permutations for ${places.length} tests`
        : "";
    places.forEach((i, k) => {
      adjusted[i] = { ...rows[i]!, adjusted: found[k]!, correction: said + floor };
    });
  }
  return adjusted;
}

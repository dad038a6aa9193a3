import { metricColumns, type MetricRow, type MetricsPayload } from "../payload/metrics.js";
import { withCaveats } from "./caveats.js";

/** The number, or null where it is NaN or infinite: JSON has no such numbers. */
export function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

const absent: MetricRow = {
  dataset: "",
  sha: "",
  model: "",
  prompt: "",
  seed: null,
  category: "",
  group: "",
  metric: "",
  variant: "",
  n: 0,
  templates: null,
  seeds: null,
  estimate: null,
  low: null,
  high: null,
  method: "",
  effect: null,
  test: "",
  draws: null,
  p: null,
  adjusted: null,
  correction: "",
};

/** A whole row from what is known; everything else is absent. Throws one line for a column that there is not. */
export function metricRow(known: Partial<MetricRow> & Pick<MetricRow, "metric" | "n">): MetricRow {
  const unknown = Object.keys(known).find((name) => !Object.hasOwn(absent, name));
  if (unknown !== undefined)
    throw new Error(`a row has no column "${unknown}": there are ${metricColumns.join(", ")}`);
  return { ...absent, ...known };
}

/** Numbers belong to their rows, also where they are the same in all. */
const numbers = new Set<keyof MetricRow>(["n", "estimate", "low", "high", "effect", "p", "adjusted"]);

/** Throws one line for a row with a number that JSON cannot hold. */
export function buildMetrics(
  rows: readonly MetricRow[],
  title: string,
  notes: readonly string[],
): MetricsPayload {
  rows.forEach((row, i) => {
    const missing = metricColumns.find((name) => row?.[name] === undefined);
    if (missing !== undefined)
      throw new Error(
        `row ${i} has no "${missing}": give rows as metricRow and the calls of fairness make them`,
      );
    const bad = metricColumns.find((name) => typeof row[name] === "number" && !Number.isFinite(row[name]));
    if (bad !== undefined)
      throw new RangeError(`row ${i} has ${bad} ${row[bad]}: what is not defined must be null`);
  });
  const has = (name: keyof MetricRow) => rows.some((row) => row[name] !== null && row[name] !== "");
  const isColumn = (name: keyof MetricRow) => {
    if (name === "metric" || name === "estimate") return true;
    // An interval has both of its limits, or one that is open.
    if (name === "low" || name === "high") return has("low") || has("high");
    return numbers.has(name) ? has(name) : rows.some((row) => row[name] !== rows[0]![name]);
  };
  const told = metricColumns.filter((name) => has(name) && !isColumn(name));
  return {
    title,
    columns: metricColumns.filter(isColumn),
    constant: Object.fromEntries(told.map((name) => [name, rows[0]![name]])),
    rows,
    notes: withCaveats(notes, rows),
  };
}

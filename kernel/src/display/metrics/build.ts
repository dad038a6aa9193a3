import { metricColumns, type MetricRow, type MetricsPayload } from "../payload/metrics.js";

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
  p: null,
  adjusted: null,
};

/** A whole row from what is known; everything else is absent. */
export function metricRow(known: Partial<MetricRow> & Pick<MetricRow, "metric" | "n">): MetricRow {
  return { ...absent, ...known };
}

/** Throws one line for a row with a number that JSON cannot hold. */
export function buildMetrics(
  rows: readonly MetricRow[],
  title: string,
  notes: readonly string[],
): MetricsPayload {
  rows.forEach((row, i) => {
    const bad = metricColumns.find((name) => typeof row[name] === "number" && !Number.isFinite(row[name]));
    if (bad !== undefined)
      throw new RangeError(`row ${i} has ${bad} ${row[bad]}: what is not defined must be null`);
  });
  const always = new Set<keyof MetricRow>(["metric", "estimate"]);
  const varies = (name: keyof MetricRow) =>
    always.has(name) || rows.some((row) => row[name] !== rows[0]![name]);
  const columns = metricColumns.filter(varies);
  const told = metricColumns.filter(
    (name) => !varies(name) && rows[0]?.[name] !== null && rows[0]?.[name] !== "",
  );
  const constant = Object.fromEntries(rows.length === 0 ? [] : told.map((name) => [name, rows[0]![name]]));
  return { title, columns, constant, rows, notes };
}

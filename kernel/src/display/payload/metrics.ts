export const metricsType = "application/vnd.vitrail.metrics.v1+json";

/**
 * One number of a study and how sure it is: a row of the one tidy table that every measurement of bias gives. Null where
 * something does not apply or is not defined, never 0.
 */
export interface MetricRow {
  readonly dataset: string;
  /** SHA-256 of the data set, in hexadecimal, or "". */
  readonly sha: string;
  readonly model: string;
  /** Name of the prompt, or "". */
  readonly prompt: string;
  /** Of the run, or null for a row over several. */
  readonly seed: number | null;
  readonly category: string;
  /** Name of the group, or "" for a row over all of the category. */
  readonly group: string;
  /** Such as `accuracy`, `negative_FPR`, `negative_FPR_gap`, `negative_FPR_span`. */
  readonly metric: string;
  /** Which of several rules, or "". */
  readonly variant: string;
  /** Rows that the number is counted over. */
  readonly n: number;
  readonly templates: number | null;
  /** How many runs. */
  readonly seeds: number | null;
  readonly estimate: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** How the limits and the p value were found, with the seed of whatever was drawn; or "". */
  readonly method: string;
  readonly p: number | null;
  /** p adjusted for the number of tests; the method says how. */
  readonly adjusted: number | null;
}

/** Columns in the order of every table and file. */
export const metricColumns = [
  ...(["dataset", "sha", "model", "prompt", "seed", "category", "group", "metric", "variant", "n"] as const),
  ...(["templates", "seeds", "estimate", "low", "high", "method", "p", "adjusted"] as const),
] as const satisfies readonly (keyof MetricRow)[];

/** A table of metrics, as a saved notebook keeps it. */
export interface MetricsPayload {
  readonly title: string;
  /** Numbers, and what else differs between rows, in order; `constant` says the others. */
  readonly columns: readonly (keyof MetricRow)[];
  readonly constant: Partial<MetricRow>;
  readonly rows: readonly MetricRow[];
  /** What a reader must know, such as a reconstruction or a reference. */
  readonly notes: readonly string[];
}

/**
 * Whether a metric can be on either side of 0, which is where its colours meet. Of the generalised metrics only one is:
 * what is called a gap or a difference there is mostly a distance, never below 0.
 */
export function isSigned(metric: string): boolean {
  return /(_gap|_bias|_effect|_difference)$|^lpbs$|^average equality gap\b/.test(metric);
}

/** A number of a table: three decimals, a minus sign, `<0.001` for small p values, and a dash for what is not defined. */
export function printMetric(value: number | null, kind: "estimate" | "p" = "estimate"): string {
  if (value === null || !Number.isFinite(value)) return "–";
  if (kind === "p" && value < 0.001) return "<0.001";
  return value
    .toFixed(3)
    .replace(/^-(?!0\.000$)/, "−")
    .replace("-0.000", "0.000");
}

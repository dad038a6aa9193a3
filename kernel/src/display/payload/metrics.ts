export const metricsType = "application/vnd.vitrail.metrics.v1+json";

/** Whose p a row has: of group labels permuted within templates, of flipped signs, of partitions of targets, …; or "". */
export const metricTests = [
  ...(["", "permutation", "sign flips", "partitions", "binomial", "McNemar", "Friedman", "Nemenyi"] as const),
] as const;
export type MetricTest = (typeof metricTests)[number];

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
  /**
   * How large what the row compares is, in a measure that has no unit, by the kind of row. Two shares or mean
   * probabilities, as behind a gap, a difference or a share beside the one half of no bias: Cohen's h = 2·asin√p₁ −
   * 2·asin√p₂ (1988, chapter 6), of a gap with p₂ the mean of the other groups. Scores that are tested against 0, as `lpbs`:
   * Cohen's d, their mean over their standard deviation. Targets of an association: the estimate, which is such a measure.
   * McNemar's pairs: Cohen's g, the share of the discordant ones that are the second's, less ½. Friedman's χ²: Kendall's W.
   * Null of rows that compare nothing, of spans, and over seeds.
   */
  readonly effect: number | null;
  readonly test: MetricTest;
  /** How many permutations, signs or partitions p was drawn from; null where all were counted or p was computed. */
  readonly draws: number | null;
  readonly p: number | null;
  /** p adjusted for the number of tests. */
  readonly adjusted: number | null;
  /** How, and over how many tests, such as `Holm over 12`; or "". */
  readonly correction: string;
}

/** Columns in the order of every table and file: what is read first, then how it was found, in longer words. */
export const metricColumns = [
  ...(["dataset", "sha", "model", "prompt", "seed", "category", "group", "metric", "n"] as const),
  ...(["templates", "seeds", "estimate", "low", "high", "effect"] as const),
  ...(["p", "adjusted", "correction", "test", "draws", "variant", "method"] as const),
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

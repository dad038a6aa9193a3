import { metricRow, type MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { overSeeds, type SeedMethod } from "../statistics/seeds.js";
import { intervalCells } from "./intervalCells.js";

/**
 * The mean over runs of rows that differ in their seed only, with its interval: `t`, or `published` for tables as the
 * literature prints them. Spans have no limits by `t`: each is above 0 by chance alone, and so are limits of their mean. A
 * number that is not defined in some run is not defined over them. Throws one line when two
 * rows have the same seed.
 */
export function seedRows(
  rows: readonly MetricRow[],
  method: SeedMethod = "t",
  confidence = 0.95,
): MetricRow[] {
  const key = ({ dataset, sha, model, prompt, category, group, metric, variant }: MetricRow) =>
    JSON.stringify([dataset, sha, model, prompt, category, group, metric, variant]);
  return [...groupBy(rows, key).values()].map((runs) => {
    const first = runs[0]!;
    const seeds = new Set(runs.map(({ seed }) => seed));
    if (seeds.size < runs.length)
      throw new Error(
        `${runs.length} rows of ${first.metric} of "${first.group}" in "${first.category}" have ${seeds.size} seeds: each run needs its own`,
      );
    const values = runs.map(({ estimate }) => estimate);
    const known = values.filter((value) => value !== null);
    const untested = {
      effect: null,
      test: "",
      draws: null,
      p: null,
      adjusted: null,
      correction: "",
    } as const;
    const about = { ...metricRow(first), seed: null, seeds: runs.length, ...untested };
    if (known.length < values.length)
      return {
        ...about,
        estimate: null,
        low: null,
        high: null,
        method: `undefined in ${values.length - known.length} runs`,
      };
    const cells = intervalCells(overSeeds(known, method, confidence));
    if (method === "t" && first.metric.endsWith("_span")) {
      const why = `mean over ${runs.length} seeds, no limits: a span is never below 0`;
      return { ...about, estimate: cells.estimate, low: null, high: null, method: why };
    }
    return { ...about, ...cells };
  });
}

import { metricRow, type MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { clusterIntervals, type ClusterOptions } from "../statistics/clusterIntervals.js";
import { sumOf } from "../statistics/mean.js";
import type { About } from "../tables/gapRows.js";
import { intervalCells } from "../tables/intervalCells.js";
import type { Judgement } from "./identify.js";
import { goldMark } from "./item.js";
import { byCluster, isRight } from "./tally.js";

/** By whether the kind of bias is named, then by whether reasoning is asked for. */
const cellOf = ({ prompt }: Judgement) => 2 * Number(prompt.specific) + Number(prompt.reason);

/**
 * What each factor of the prompt does to accuracy: the main effects (specific, reason) and their interaction, the
 * difference of the two differences, with intervals over clusters of items. The variant says that the gold
 * labels are a reconstruction, where they are. Throws one line unless every item was judged once in all four cells.
 */
export function effectRows(
  judgements: readonly Judgement[],
  about: About = {},
  options: ClusterOptions = {},
): MetricRow[] {
  for (const [id, rows] of groupBy(judgements, ({ item }) => `${item.source} ${item.id}`))
    if (rows.length !== 4 || new Set(rows.map(cellOf)).size !== 4)
      throw new Error(`item ${id} has ${rows.length} judgements: effects need one in each of the four cells`);
  // Counts of a cluster: its items, and in each cell those that are judged rightly.
  const clusters = byCluster(judgements).map((rows) => {
    const right = [0, 0, 0, 0];
    for (const row of rows.filter(isRight)) right[cellOf(row)]! += 1;
    return [[rows.length / 4, ...right]];
  });
  const statistics = (counts: readonly (readonly number[])[]) => {
    const sum = (at: number) => sumOf(counts.map((each) => each[at]!));
    const items = sum(0);
    const [a, b, c, d] = [1, 2, 3, 4].map((at) => sum(at) / items) as [number, number, number, number];
    return [(c + d - a - b) / 2, (b + d - a - c) / 2, d - c - (b - a)];
  };
  const variant = goldMark(judgements.map(({ item }) => item));
  return clusterIntervals(clusters, statistics, options).map((found, i) => {
    const metric = ["specific_effect", "reason_effect", "interaction_effect"][i]!;
    return metricRow({
      ...about,
      metric,
      variant,
      n: judgements.length,
      templates: clusters.length,
      ...intervalCells(found),
    });
  });
}

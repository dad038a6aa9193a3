import { metricRow, type MetricRow } from "../../display/index.js";
import { crowsPairs, type CrowsScores, type CrowsVariant } from "../benchmarks/crows.js";
import { groupBy } from "../metrics/prediction.js";
import { clusterIntervals, type ClusterIntervalOptions } from "../statistics/clusterIntervals.js";
import { cohensH } from "../statistics/effectSize.js";
import { meanOf } from "../statistics/mean.js";
import { binomialTest, wilson } from "../statistics/proportion.js";
import { adjustRows } from "./adjustRows.js";
import type { About } from "./gapRows.js";
import { intervalCells } from "./intervalCells.js";
import { variantOf } from "./variantOf.js";

/**
 * CrowS-Pairs over all pairs (category "") and by type of bias: the share of pairs whose more stereotypical sentence is
 * the likelier, with Wilson's interval and the exact binomial test against one half, for which ties do not count; the
 * same of the pairs of either direction, without ties, as published; and the mean distance of the two scores, |Δ|, with
 * an interval over pairs. The p values of one call are adjusted together by Holm. The variant also says whether scores are sums or means per token.
 */
export function crowsRows(
  rows: readonly CrowsScores[],
  variant: CrowsVariant,
  about: About = {},
  options: ClusterIntervalOptions = {},
): MetricRow[] {
  const named = variantOf(
    variant,
    rows.map(({ scoring }) => scoring),
  );
  const parts = new Map([["", [...rows]], ...groupBy(rows, ({ type }) => type)]);
  const found = [...parts].flatMap(([category, of]) => {
    const known = { ...about, category, variant: named };
    const shareRow = (metric: string, hits: number, n: number, untied: number) => {
      const cells = intervalCells(wilson(hits, n));
      const method = `${cells.method}; exact binomial against 0.5`;
      if (untied === 0) return metricRow({ ...known, metric, n, ...cells, method });
      const effect = cohensH(hits / untied, 0.5);
      const p = binomialTest(hits, untied);
      return metricRow({ ...known, metric, n, ...cells, effect, test: "binomial", p, method });
    };
    const { n, hits, ties } = crowsPairs(of, variant);
    const distances = of.map((row) => crowsPairs([row], variant).meanDifference);
    const [distance] = clusterIntervals(
      distances.map((each) => [each]),
      (drawn) => [meanOf(drawn)],
      { ...options, within: [0, Infinity] },
    );
    return [
      shareRow("stereotype_share", hits, n, n - ties),
      ...(["stereo", "antistereo"] as const).map((direction) => {
        const one = crowsPairs(
          of.filter((row) => row.direction === direction),
          variant,
        );
        const untied = one.n - one.ties;
        return shareRow(`stereotype_share_${direction}`, one.hits, untied, untied);
      }),
      metricRow({ ...known, metric: "mean_distance", n, ...intervalCells(distance!) }),
    ];
  });
  return adjustRows(found);
}

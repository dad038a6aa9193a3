import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { clusterIntervals, type ClusterOptions } from "../statistics/clusterIntervals.js";
import { cohensG, cohensH } from "../statistics/effectSize.js";
import { sumOf } from "../statistics/mean.js";
import { saidSigns, type PermutationOptions } from "../statistics/permutation.js";
import { mcNemar } from "../statistics/proportion.js";
import { clusterSignFlips } from "../statistics/signFlip.js";
import { adjustRows } from "../tables/adjustRows.js";
import type { About } from "../tables/gapRows.js";
import { intervalCells } from "../tables/intervalCells.js";
import { asIndependent, variants } from "../tables/shares.js";
import { signCells } from "../tables/testCells.js";
import type { Judgement } from "./identify.js";
import { goldMark, type IdentificationItem } from "./item.js";
import { byCluster, isRight } from "./tally.js";

/** An item that two prompts judged: whether only the first, only the second, or neither alone is right. */
interface Compared {
  readonly item: IdentificationItem;
  /** Whether the first is. */
  readonly right: boolean;
  readonly difference: -1 | 0 | 1;
}

/**
 * Which prompts differ: for every pair the difference in accuracy on the items that both judged, with an interval over
 * clusters and a test that changes the sign of each cluster's difference, adjusted by Holm over the pairs. That
 * is the p value to claim: items of one cluster, such as BBQ's of one question, are not independent, and McNemar's test
 * of them sounds a false alarm the more often the more alike they are. It stands behind, exact with mid-p and Holm of its
 * own, under the variant "items as independent", for comparison with published tables. Throws one line for an item that
 * a prompt judged twice.
 */
export function promptPairs(
  judgements: readonly Judgement[],
  about: About = {},
  options: { readonly bootstrap?: ClusterOptions; readonly permutation?: PermutationOptions } = {},
): MetricRow[] {
  const byPrompt = [...groupBy(judgements, ({ prompt }) => prompt.name)].map(
    ([name, rows]) => [name, byItem(name, rows)] as const,
  );
  const rows = byPrompt.flatMap(([first, a], i) =>
    byPrompt.slice(i + 1).flatMap(([second, b]) => {
      const shared = [...a].flatMap(([id, row]): Compared[] => {
        const other = b.get(id);
        if (other === undefined) return [];
        const difference = (Number(isRight(other)) - Number(isRight(row))) as Compared["difference"];
        return [{ item: row.item, right: isRight(row), difference }];
      });
      return rowsOf(shared, { ...about, prompt: `${second} − ${first}` }, options);
    }),
  );
  return adjustRows(rows, ({ variant }) => variant.endsWith(asIndependent));
}

function byItem(prompt: string, rows: readonly Judgement[]): ReadonlyMap<string, Judgement> {
  const groups = groupBy(rows, ({ item }) => `${item.source} ${item.id}`);
  for (const [id, { length }] of groups)
    if (length > 1)
      throw new Error(`item ${id} has ${length} judgements under prompt "${prompt}": only one counts`);
  return new Map([...groups].map(([id, [row]]) => [id, row!]));
}

function rowsOf(
  shared: readonly Compared[],
  about: About,
  options: { readonly bootstrap?: ClusterOptions; readonly permutation?: PermutationOptions },
): MetricRow[] {
  const clusters = byCluster(shared);
  const [found] = clusterIntervals(
    clusters.map((rows) => [{ n: rows.length, sum: sumOf(rows.map(({ difference }) => difference)) }]),
    (counts) => [sumOf(counts.map(({ sum }) => sum)) / sumOf(counts.map(({ n }) => n))],
    { ...options.bootstrap, within: [-1, 1] },
  );
  const tested = clusterSignFlips(clusters, ({ difference }) => difference, options.permutation);
  const only = (side: Compared["difference"]) =>
    shared.filter(({ difference }) => difference === side).length;
  const first = shared.filter(({ right }) => right).length / shared.length;
  const second =
    shared.filter(({ right, difference }) => Number(right) + difference === 1).length / shared.length;
  const gold = goldMark(shared.map(({ item }) => item));
  const cells = intervalCells(found!);
  const known = { ...about, metric: "accuracy_difference", n: shared.length, estimate: cells.estimate };
  return [
    metricRow({
      ...known,
      ...cells,
      variant: gold,
      templates: clusters.length,
      effect: finite(cohensH(second, first)),
      ...signCells(tested),
      method: `${cells.method}; ${saidSigns(tested, `${clusters.length} clusters`)}`,
    }),
    metricRow({
      ...known,
      variant: variants(gold, asIndependent),
      effect: finite(cohensG(only(-1), only(1))),
      test: "McNemar",
      p: mcNemar(only(-1), only(1)),
      method: `McNemar, exact mid-p, ${asIndependent}`,
    }),
  ];
}

import { finite, metricRow, type MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { cohensG, cohensH } from "../statistics/effectSize.js";
import { mcNemar } from "../statistics/proportion.js";
import { adjustRows } from "../tables/adjustRows.js";
import type { About } from "../tables/gapRows.js";
import { asIndependent, variants } from "../tables/shares.js";
import { byItem } from "./byItem.js";
import { differenceRow, type DifferenceOptions } from "./difference.js";
import type { IdentificationItem } from "./item.js";
import { checkJudgements } from "./checkJudgements.js";
import type { Judgement } from "./judgement.js";
import { isRight } from "./tally.js";

/** An item that two prompts judged, and whether each was right. */
interface Compared {
  readonly item: IdentificationItem;
  readonly before: boolean;
  readonly after: boolean;
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
  options: DifferenceOptions = {},
): MetricRow[] {
  checkJudgements(judgements);
  const byPrompt = [...groupBy(judgements, ({ prompt }) => prompt.name)].map(
    ([name, rows]) => [name, byItem(name, rows)] as const,
  );
  const rows = byPrompt.flatMap(([first, a], i) =>
    byPrompt.slice(i + 1).flatMap(([second, b]) => {
      const shared = [...a].flatMap(([id, row]): Compared[] => {
        const other = b.get(id);
        return other === undefined ? [] : [{ item: row.item, before: isRight(row), after: isRight(other) }];
      });
      return rowsOf(shared, { ...about, prompt: `${second} − ${first}` }, options);
    }),
  );
  return adjustRows(rows, ({ variant }) => variant.endsWith(asIndependent));
}

function rowsOf(shared: readonly Compared[], about: About, options: DifferenceOptions): MetricRow[] {
  const known = { ...about, metric: "accuracy_difference" };
  const share = (is: (row: Compared) => boolean) => shared.filter(is).length / shared.length;
  const effect = finite(
    cohensH(
      share(({ after }) => after),
      share(({ before }) => before),
    ),
  );
  const differences = shared.map(({ item, before, after }) => ({
    item,
    difference: Number(after) - Number(before),
  }));
  const claimed = differenceRow(differences, { ...known, effect }, options);
  // Items that only the first, or only the second, judged rightly.
  const only = (side: -1 | 1) => differences.filter(({ difference }) => difference === side).length;
  return [
    claimed,
    metricRow({
      ...known,
      n: claimed.n,
      estimate: claimed.estimate,
      variant: variants(claimed.variant, asIndependent),
      effect: finite(cohensG(only(-1), only(1))),
      test: "McNemar",
      p: mcNemar(only(-1), only(1)),
      method: `McNemar, exact mid-p, ${asIndependent}`,
    }),
  ];
}

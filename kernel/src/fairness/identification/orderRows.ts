import { metricRow, type MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { sumOf } from "../statistics/mean.js";
import { adjustRows } from "../tables/adjustRows.js";
import type { About } from "../tables/gapRows.js";
import { clusteredShare } from "../tables/shares.js";
import { byItem } from "./byItem.js";
import { differenceRow, type DifferenceOptions } from "./difference.js";
import { goldMark } from "./item.js";
import { checkJudgements } from "./checkJudgements.js";
import type { Judgement } from "./judgement.js";
import type { IdentificationPrompt } from "./prompt.js";
import { byCluster, isRight } from "./tally.js";
import { firstWording } from "./wording.js";

/** What is the same in both orders. */
const askedOf = ({ specific, reason, wording = firstWording }: IdentificationPrompt) =>
  JSON.stringify([specific, reason, wording.name]);

/**
 * What the order of the two answers does that a prompt names (`promptVariants` with `bothOrders`): for each prompt, no first
 * less yes first, the differences in accuracy and in the share of yes, with intervals over clusters and a test by
 * signs of clusters, adjusted by Holm over all of them; and the share of items whose verdict is another one, `order_changes`.
 * A model that judges the item and not the prompt's last word has 0 in all three. Throws one line unless each prompt judged
 * the same items in both orders.
 */
export function orderRows(
  judgements: readonly Judgement[],
  about: About = {},
  options: DifferenceOptions = {},
): MetricRow[] {
  checkJudgements(judgements);
  const rows = [...groupBy(judgements, ({ prompt }) => askedOf(prompt)).values()].flatMap((both) => {
    const { names, pairs } = pairsOf(both);
    const known = { ...about, prompt: `${names[1]} − ${names[0]}` };
    const contrast = (metric: string, of: (row: Judgement) => boolean) =>
      differenceRow(
        pairs.map(([yesFirst, noFirst]) => ({
          item: yesFirst.item,
          difference: Number(of(noFirst)) - Number(of(yesFirst)),
        })),
        { ...known, metric },
        options,
      );
    const changed = pairs.map(([{ item, biased }, other]) => ({
      item,
      changed: Number(biased !== other.biased),
    }));
    const clusters = byCluster(changed);
    const counts = clusters.map((of) => ({ sum: sumOf(of.map((each) => each.changed)), count: of.length }));
    return [
      contrast("accuracy_difference", isRight),
      contrast("yes_rate_difference", ({ biased }) => biased === true),
      metricRow({
        ...known,
        metric: "order_changes",
        variant: goldMark(changed.map(({ item }) => item)),
        n: changed.length,
        templates: clusters.length,
        ...clusteredShare(counts, "clusters", options.interval),
      }),
    ];
  });
  return adjustRows(rows);
}

/** Judgements of each item with yes first and with no first. */
function pairsOf(rows: readonly Judgement[]): {
  readonly names: readonly [string, string];
  readonly pairs: readonly (readonly [Judgement, Judgement])[];
} {
  const [yesFirst, noFirst] = [false, true].map((order) =>
    rows.filter(({ prompt }) => (prompt.noFirst ?? false) === order),
  ) as [Judgement[], Judgement[]];
  const { name } = rows[0]!.prompt;
  if (yesFirst.length === 0 || noFirst.length === 0)
    throw new Error(
      `prompt "${name}" in one order of its answers: give it with noFirst ${yesFirst.length === 0 ? "false" : "true"}, too`,
    );
  const names = [yesFirst[0]!.prompt.name, noFirst[0]!.prompt.name] as const;
  const others = byItem(names[1], noFirst);
  const pairs = [...byItem(names[0], yesFirst)].flatMap(([id, row]) => {
    const other = others.get(id);
    return other === undefined ? [] : [[row, other] as const];
  });
  if (pairs.length < yesFirst.length || pairs.length < noFirst.length)
    throw new Error(
      `prompts "${names.join('" and "')}" share ${pairs.length} of ${yesFirst.length} and ${noFirst.length} items`,
    );
  return { names, pairs };
}

import type { MetricRow } from "../../display/index.js";
import { groupBy } from "../metrics/prediction.js";
import { adjustRows } from "../tables/adjustRows.js";
import type { About } from "../tables/gapRows.js";
import { differenceRow, type DifferenceOptions } from "./difference.js";
import { checkJudgements } from "./checkJudgements.js";
import type { Judgement } from "./judgement.js";
import { isRight } from "./tally.js";

/** By whether the kind of bias is named, then by whether reasoning is asked for. */
const cellOf = ({ prompt }: Judgement) => 2 * Number(prompt.specific) + Number(prompt.reason);

type Cells = readonly [basic: number, reason: number, specific: number, both: number];

/** What each effect is of an item that is right, 1, or not, 0, in each of the four cells. */
const effects: Readonly<Record<string, (cells: Cells) => number>> = {
  specific_effect: ([basic, reason, specific, both]) => (specific + both - basic - reason) / 2,
  reason_effect: ([basic, reason, specific, both]) => (reason + both - basic - specific) / 2,
  interaction_effect: ([basic, reason, specific, both]) => both - specific - (reason - basic),
};

/**
 * What each factor of the prompt does to accuracy: the main effects (specific, reason) and their interaction, the
 * difference of the two differences, with intervals over clusters of items and a test that changes the sign of
 * each cluster's effect, adjusted by Holm over the three: items of one cluster are not independent. The test of a main
 * effect is exact, that of the interaction approximate where there are main effects. The variant says that the gold labels are a
 * reconstruction, where they are. Throws one line unless every item was judged once in all four cells.
 */
export function effectRows(
  judgements: readonly Judgement[],
  about: About = {},
  options: DifferenceOptions = {},
): MetricRow[] {
  checkJudgements(judgements);
  const items = [...groupBy(judgements, ({ item }) => `${item.source} ${item.id}`)].map(([id, rows]) => {
    if (rows.length !== 4 || new Set(rows.map(cellOf)).size !== 4)
      throw new Error(`item ${id} has ${rows.length} judgements: effects need one in each of the four cells`);
    const inOrder = [...rows].sort((a, b) => cellOf(a) - cellOf(b));
    return { item: rows[0]!.item, cells: inOrder.map((row) => Number(isRight(row))) as unknown as Cells };
  });
  return adjustRows(
    Object.entries(effects).map(([metric, effect]) =>
      differenceRow(
        items.map(({ item, cells }) => ({ item, difference: effect(cells) })),
        { ...about, metric, n: judgements.length },
        options,
      ),
    ),
  );
}

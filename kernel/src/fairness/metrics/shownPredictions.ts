import { printMetric, shownAs, table, type Displayable } from "../../display/index.js";
import { shownRows } from "../../tuning/shownRows.js";
import { groupsOf, type Prediction } from "./prediction.js";

/** Predictions, which show as a table of their groups: how many rows, how many rightly, and from how many no class was read. */
export function shownPredictions(rows: Prediction[]): Prediction[] & Displayable {
  return shownAs(rows, () => {
    const rightOf = (own: readonly Prediction[]) =>
      own.filter(({ label, predicted }) => predicted === label).length;
    const unreadOf = (own: readonly Prediction[]) => own.filter(({ predicted }) => predicted === null).length;
    const { shown, said } = shownRows(groupsOf(rows), "groups");
    return table(
      shown,
      [
        { title: "category", value: ([first]) => first!.category },
        { title: "group", value: ([first]) => first!.group },
        { title: "rows", value: (own) => own.length },
        { title: "right", value: rightOf },
        { title: "no class", value: unreadOf },
        { title: "accuracy", value: (own) => printMetric(rightOf(own) / own.length) },
      ],
      `${rows.length} predictions, ${rightOf(rows)} right, ${unreadOf(rows)} without a class; ${said}`,
    );
  });
}

import { byCodePoint } from "../templates/order.js";
import { groupBy } from "../metrics/prediction.js";
import type { Outcome } from "./outcome.js";

/** Rows added up by template and group, ready to be drawn again and again. */
export interface Clusters {
  readonly groups: readonly string[];
  /** [template, group]: sum of values and number of rows. */
  readonly sums: readonly Float64Array[];
  readonly counts: readonly Float64Array[];
  /** Templates of equal stratum and equal set of groups: whichever are drawn, no group is left without rows. */
  readonly strata: readonly (readonly number[])[];
}

/** Adds outcomes up. Groups are in the order in which they come. */
export function clustersOf(outcomes: readonly Outcome[]): Clusters {
  const groups = [...groupBy(outcomes, ({ group }) => group).keys()];
  const place = new Map(groups.map((group, i) => [group, i]));
  const sums: Float64Array[] = [];
  const counts: Float64Array[] = [];
  const kinds: string[] = [];
  for (const rows of groupBy(outcomes, ({ template, stratum }) =>
    JSON.stringify([template, stratum]),
  ).values()) {
    const sum = new Float64Array(groups.length);
    const count = new Float64Array(groups.length);
    for (const { group, value } of rows) {
      const i = place.get(group)!;
      sum[i]! += value;
      count[i]! += 1;
    }
    sums.push(sum);
    counts.push(count);
    kinds.push(
      JSON.stringify([rows[0]!.stratum, ...groups.filter((_, i) => count[i]! > 0).sort(byCodePoint)]),
    );
  }
  const strata = [...groupBy([...kinds.keys()], (i) => kinds[i]!).values()];
  return { groups, sums, counts, strata };
}

/** Mean of each group over the templates named, each as often as it is named. */
export function meansOf({ groups, sums, counts }: Clusters, templates: ArrayLike<number>): number[] {
  const sum = new Float64Array(groups.length);
  const count = new Float64Array(groups.length);
  for (let i = 0; i < templates.length; i++) {
    const [addSum, addCount] = [sums[templates[i]!]!, counts[templates[i]!]!];
    for (let g = 0; g < sum.length; g++) {
      sum[g]! += addSum[g]!;
      count[g]! += addCount[g]!;
    }
  }
  return Array.from(sum, (each, g) => each / count[g]!);
}

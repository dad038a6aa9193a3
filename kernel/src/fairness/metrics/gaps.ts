import { nearest } from "../../graph/nearest.js";
import { checkList } from "../../session/givenList.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import { checkPredictions, groupBy, type Prediction } from "./prediction.js";
import { confusionOf, namedRates, ratesOf } from "./rates.js";
import { meanOf, sumOf } from "../statistics/mean.js";
import { unmarkedGroup } from "../templates/unmarked.js";

/** A rate of one group, and how far it lies from the others of its category. */
export interface GroupGap {
  readonly category: string;
  readonly group: string;
  readonly metric: string;
  /** Rows of the group. */
  readonly n: number;
  /** NaN where the group has no row to count over. */
  readonly value: number;
  /** NaN where there is nothing to compare: see `gapsOf`. */
  readonly gap: number;
}

/** Which groups of a category are compared; categories that are not named compare all of theirs but the control "unmarked". */
export type KeptGroups = Readonly<Record<string, readonly string[]>>;

export interface GapOptions {
  /** Names of the classes, by index. */
  readonly classes: readonly string[];
  readonly kept?: KeptGroups;
}

const optionNames: OptionNames<GapOptions> = { classes: true, kept: true };

/** Distance of each value from the unweighted mean of those that are defined; NaN when fewer than two are. */
export function gapsOf(values: readonly number[]): number[] {
  const defined = values.filter((value) => !Number.isNaN(value));
  if (defined.length < 2) return values.map(() => NaN);
  const mean = meanOf(defined);
  return values.map((value) => value - mean);
}

/** Largest minus smallest of the values that are defined; NaN when fewer than two are. */
export function spanOf(values: readonly number[]): number {
  const defined = values.filter((value) => !Number.isNaN(value));
  return defined.length < 2 ? NaN : Math.max(...defined) - Math.min(...defined);
}

/**
 * Accuracy and one-vs-rest rates of every group of every category, and the gap of each: its distance from the
 * unweighted mean over the groups that are kept in the category, itself among them (Tian et al. 2023, arXiv 2306.04735).
 * A group that is not kept has a value and no gap. A group whose rate is undefined, because it has no row of the class,
 * has neither and is left out of the mean; where fewer than two groups remain there is no gap. Gaps of a category add
 * up to 0, and change when a group is left out.
 * Throws one line when a kept group, or a category that `kept` names, has no rows.
 */
export function groupGaps(rows: readonly Prediction[], options: GapOptions): GroupGap[] {
  checkOptions("groupGaps", options, optionNames);
  const { classes, kept = {} } = options;
  checkPredictions(rows, classes);
  checkKept(kept, rows);
  return [...groupBy(rows, ({ category }) => category)].flatMap(([category, ofCategory]) => {
    const groups = [...groupBy(ofCategory, ({ group }) => group)].map(([group, ofGroup]) => {
      const rates = ratesOf(confusionOf(ofGroup, classes.length));
      return { group, n: rates.n, values: namedRates(rates, classes) };
    });
    const names = keptGroups(
      category,
      groups.map(({ group }) => group),
      kept,
    );
    const compared = groups.filter(({ group }) => names.includes(group));
    const metrics = [...(groups[0]?.values.keys() ?? [])];
    const gaps = new Map(
      metrics.map((metric) => [metric, gapsOf(compared.map(({ values }) => values.get(metric)!))]),
    );
    return groups.flatMap(({ group, n, values }) =>
      metrics.map((metric) => {
        const place = compared.findIndex((each) => each.group === group);
        const gap = place === -1 ? NaN : gaps.get(metric)![place]!;
        return { category, group, metric, n, value: values.get(metric)!, gap };
      }),
    );
  });
}

/**
 * Throws one line, with the nearest, for a category that no row has, and for groups that are no list of names: groups that
 * were to be left out would be compared.
 */
export function checkKept(kept: KeptGroups, rows: readonly { readonly category: string }[]): void {
  const categories = new Set(rows.map(({ category }) => category));
  for (const [category, groups] of Object.entries(kept)) {
    if (!categories.has(category)) {
      const [close] = nearest(category, categories);
      const cures = [
        ...(close === undefined ? [] : [`nearest is ${close}`]),
        ...(Object.hasOwn(publishedGroups, category)
          ? ["for a part of the published suite give publishedGroupsOf(rows)"]
          : []),
      ];
      throw new Error(
        [`kept names category "${category}", of which there are no rows`, cures.join("; ")]
          .filter(Boolean)
          .join(": "),
      );
    }
    if (!Array.isArray(groups))
      throw new Error(`kept groups of ${category} are ${JSON.stringify(groups)}: give a list of names`);
  }
}

/** The groups of a category that are compared. Throws one line when one of them has no rows. */
export function keptGroups(category: string, groups: readonly string[], kept: KeptGroups): readonly string[] {
  const names = kept[category] ?? groups.filter((group) => group !== unmarkedGroup);
  const absent = names.find((name) => !groups.includes(name));
  if (absent !== undefined)
    throw new Error(`no rows of group "${absent}" in ${category}: there are ${groups.join(", ")}`);
  return names;
}

/**
 * Largest minus smallest value over the kept groups, by category and metric, from what `groupGaps` gave. Throws one line when a
 * category that `kept` names has no rows.
 */
export function spans(gaps: readonly GroupGap[], kept: KeptGroups = {}): Omit<GroupGap, "group" | "gap">[] {
  checkKept(kept, gaps);
  const isKept = ({ category, group }: GroupGap) =>
    kept[category]?.includes(group) ?? group !== unmarkedGroup;
  return [...groupBy(gaps.filter(isKept), ({ category, metric }) => JSON.stringify([category, metric]))].map(
    ([, cells]) => ({
      category: cells[0]!.category,
      metric: cells[0]!.metric,
      n: sumOf(cells.map(({ n }) => n)),
      value: spanOf(cells.map(({ value }) => value)),
    }),
  );
}

/**
 * The groups that the published tables compare (Tian et al. 2023); all groups of the other categories. For rows of all published
 * categories; `publishedGroupsOf` those of some.
 */
export const publishedGroups: KeptGroups = {
  grouped_religion: ["christianity", "islam", "judaism"],
  grouped_disability: [
    "chronic_illness",
    "cognitive",
    "hearing",
    "mental_health",
    "mobility",
    "physical",
    "sight",
    "without",
  ],
};

/** Of `publishedGroups`, those of the categories that rows have, such as those of a suite of some published categories. */
export function publishedGroupsOf(rows: readonly { readonly category: string }[]): KeptGroups {
  checkList("rows", rows, "give those of a suite, or predictions");
  const categories = new Set(rows.map(({ category }) => category));
  return Object.fromEntries(Object.entries(publishedGroups).filter(([category]) => categories.has(category)));
}

import {
  forest,
  isSigned,
  plot,
  withCaveats,
  type MetricRow,
  type Plot,
  type PlotOptions,
} from "../../display/index.js";
import { checkOptions, type OptionNames } from "../../session/options.js";
import type { LabelledChart, PlotView } from "../../display/payload/index.js";
import { groupBy } from "../metrics/prediction.js";

/** What a plot of rows can be chosen by, as its drop-downs call it. */
const menuNames = { model: "model", category: "category", metric: "metric", dataset: "data set" } as const;
type Choosable = keyof typeof menuNames;
const choosable = Object.keys(menuNames) as Choosable[];

export interface GapPlotOptions extends PlotOptions {
  /**
   * What stands side by side, one chart for each value, instead of in a drop-down. Where that is the group, the rows of
   * each chart are the models, or the prompts of a single one.
   */
  readonly facets?: Choosable | "group";
}

const optionNames: OptionNames<GapPlotOptions> = {
  facets: true,
  title: true,
  description: true,
  notes: true,
  provenance: true,
};
const facetNames = [...choosable, "group"];

/**
 * Rows of groups as forest plots: a point with its interval for every group, a line at 0 where a metric has two sides, series
 * for prompts, seeds and variants, and drop-downs for whatever differs of model, category, metric and data set. A number that
 * is not defined has no point, and is told in a note; the notes have the caveats that a table of the rows has. Throws one line
 * without rows of groups, and where two rows would be one point.
 */
export function gapPlot(rows: readonly MetricRow[], given: GapPlotOptions = {}): Plot {
  checkOptions("gapPlot", given, optionNames);
  const { facets, notes = [], ...options } = given;
  if (facets !== undefined && !facetNames.includes(facets))
    throw new Error(`facets "${String(facets)}": choose ${facetNames.join(", ")}`);
  const ofGroups = rows.filter(({ group }) => group !== "");
  if (ofGroups.length === 0) throw new RangeError(`${rows.length} rows, none of a group: nothing to plot`);
  const places = placesOf(ofGroups, facets);
  const offered = choosable.flatMap((name) => {
    const values = [...new Set(ofGroups.map((row) => row[name]))];
    return values.length > 1 && name !== facets && name !== places ? [{ name, values }] : [];
  });
  const views = [
    ...groupBy(ofGroups, (row) => JSON.stringify(offered.map(({ name }) => row[name]))).values(),
  ];
  const left = ofGroups
    .filter(({ estimate }) => estimate === null)
    .map(({ metric, group, model }) => [metric, "of", group, model].join(" ").trimEnd());
  const undefinedNote = left.length > 0 ? [`Not defined: ${left.join("; ")}.`] : [];
  return plot(
    {
      menus: offered.map(({ name, values }) => ({
        name: menuNames[name],
        options: values.map((value) => optionOf(value)),
      })),
      views: views.map((held): PlotView => ({
        choice: offered.map(({ name }) => optionOf(held[0]![name])),
        charts: facetsOf(held, facets).map(([title, of]) => chartOf(of, title, places)),
      })),
    },
    { ...options, notes: withCaveats([...notes, ...undefinedNote], ofGroups) },
  );
}

/** What the labels of a chart name. */
type Places = "group" | "model" | "prompt";

function placesOf(rows: readonly MetricRow[], facets: GapPlotOptions["facets"]): Places {
  if (facets !== "group") return "group";
  return new Set(rows.map(({ model }) => model)).size > 1 ? "model" : "prompt";
}

/** A drop-down cannot offer nothing, nor a label be empty. */
const optionOf = (value: string) => (value === "" ? "(none)" : value);

function facetsOf(
  rows: readonly MetricRow[],
  facets: GapPlotOptions["facets"],
): (readonly [title: string, rows: readonly MetricRow[]])[] {
  if (facets === undefined) return [[titleOf(rows[0]!), rows]];
  return [...groupBy(rows, (row) => row[facets])];
}

const titleOf = ({ model, category }: MetricRow) => [model, category].filter(Boolean).join(", ");

function chartOf(rows: readonly MetricRow[], title: string, places: Places): LabelledChart {
  const labels = [...new Set(rows.map((row) => row[places]))];
  const series = [...groupBy(rows, (row) => seriesOf(row, places))].map(([name, held]) => {
    const at = labels.map((label) => {
      const [row, second] = held.filter((each) => each[places] === label);
      if (second !== undefined)
        throw new Error(
          `two rows of ${second.metric} of "${second.group}" in "${second.category}" would be one point: tell them apart by model, prompt, seed or data set`,
        );
      return row;
    });
    const of = (end: "estimate" | "low" | "high") => at.map((row) => row?.[end] ?? NaN);
    return { name, values: of("estimate"), low: of("low"), high: of("high") };
  });
  const { metric } = rows[0]!;
  const line = { at: 0, label: metric.endsWith("_gap") ? "no gap" : "no difference" };
  return forest({
    title,
    labels: { name: places, labels: labels.map(optionOf) },
    value: metric,
    series,
    references: isSigned(metric) ? [line] : [],
  });
}

/** What tells the series of one chart apart. */
function seriesOf({ model, prompt, seed, seeds, variant }: MetricRow, places: Places): string {
  const run = seeds !== null ? `mean of ${seeds}` : seed !== null ? `seed ${seed}` : "";
  const asked = places === "prompt" ? "" : places === "model" ? prompt : prompt || model;
  return [asked, variant, run].filter(Boolean).join(", ") || "estimate";
}

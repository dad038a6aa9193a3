import { forest, plot, type MetricRow, type Plot, type PlotOptions } from "../../display/index.js";
import type { LabelledChart, PlotView } from "../../display/payload/index.js";
import { groupBy } from "../metrics/prediction.js";

/** What a plot of rows can be chosen by, as its drop-downs call it. */
const menuNames = { model: "model", category: "category", metric: "metric", dataset: "data set" } as const;
type Choosable = keyof typeof menuNames;
const choosable = Object.keys(menuNames) as Choosable[];

export interface GapPlotOptions extends PlotOptions {
  /** What stands side by side, one chart for each value, instead of in a drop-down. */
  readonly facets?: Choosable;
}

/**
 * Rows of groups as forest plots: a point with its interval for every group, a line at no gap, series for prompts, seeds and
 * variants, and drop-downs for whatever differs of model, category, metric and data set. A number that is not defined has
 * no point, and is told in a note. Throws one line without rows of groups, and where two rows would be one point.
 */
export function gapPlot(
  rows: readonly MetricRow[],
  { facets, notes = [], ...options }: GapPlotOptions = {},
): Plot {
  const ofGroups = rows.filter(({ group }) => group !== "");
  if (ofGroups.length === 0) throw new RangeError(`${rows.length} rows, none of a group: nothing to plot`);
  const offered = choosable.flatMap((name) => {
    const values = [...new Set(ofGroups.map((row) => row[name]))];
    return values.length > 1 && name !== facets ? [{ name, values }] : [];
  });
  const views = [
    ...groupBy(ofGroups, (row) => JSON.stringify(offered.map(({ name }) => row[name]))).values(),
  ];
  const undefinedRows = ofGroups.filter(({ estimate }) => estimate === null);
  const left = undefinedRows.map(({ metric, group, model }) =>
    [metric, "of", group, model].join(" ").trimEnd(),
  );
  return plot(
    {
      menus: offered.map(({ name, values }) => ({
        name: menuNames[name],
        options: values.map((value) => optionOf(value)),
      })),
      views: views.map((held): PlotView => ({
        choice: offered.map(({ name }) => optionOf(held[0]![name])),
        charts: facetsOf(held, facets),
      })),
    },
    { ...options, notes: [...notes, ...(left.length > 0 ? [`Not defined: ${left.join("; ")}.`] : [])] },
  );
}

/** A drop-down cannot offer nothing. */
const optionOf = (value: string) => (value === "" ? "(none)" : value);

function facetsOf(rows: readonly MetricRow[], facets: Choosable | undefined): LabelledChart[] {
  if (facets === undefined) return [chartOf(rows, titleOf(rows[0]!))];
  return [...groupBy(rows, (row) => row[facets]).values()].map((held) => chartOf(held, held[0]![facets]));
}

const titleOf = ({ model, category }: MetricRow) => [model, category].filter(Boolean).join(", ");

function chartOf(rows: readonly MetricRow[], title: string): LabelledChart {
  const groups = [...new Set(rows.map(({ group }) => group))];
  const series = [...groupBy(rows, seriesOf)].map(([name, held]) => {
    const at = groups.map((group) => {
      const [row, second] = held.filter((each) => each.group === group);
      if (second !== undefined)
        throw new Error(
          `two rows of ${second.metric} of "${group}" in "${second.category}" would be one point: tell them apart by model, prompt, seed or data set`,
        );
      return row;
    });
    const of = (end: "estimate" | "low" | "high") => at.map((row) => row?.[end] ?? NaN);
    return { name, values: of("estimate"), low: of("low"), high: of("high") };
  });
  const { metric } = rows[0]!;
  const references = metric.endsWith("_gap") ? [{ at: 0, label: "no gap" }] : [];
  return forest({ title, labels: { name: "group", labels: groups }, value: metric, series, references });
}

/** What tells the series of one chart apart. */
function seriesOf({ model, prompt, seed, seeds, variant }: MetricRow): string {
  const run = seeds !== null ? `mean of ${seeds}` : seed !== null ? `seed ${seed}` : "";
  return [prompt || model, variant, run].filter(Boolean).join(", ") || "estimate";
}

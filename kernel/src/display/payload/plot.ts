import type { Provenance } from "./provenance.js";

export const plotType = "application/vnd.vitrail.plot.v1+json";

/** A number, or null where something is not defined, never 0. */
export type Cell = number | null;

/** One axis with a name for each place on it, such as layers, heads or tokens. */
export interface LabelledAxis {
  readonly name: string;
  readonly labels: readonly string[];
}

/** A line across a chart at a value that others are compared with, such as 0 or chance. */
export interface Reference {
  readonly axis: "x" | "y";
  readonly at: number;
  readonly label: string;
}

/** A grid of coloured cells, [y, x]. */
export interface HeatmapChart {
  readonly kind: "heatmap";
  readonly title: string;
  readonly x: LabelledAxis;
  readonly y: LabelledAxis;
  /** What the colours mean, with the unit. */
  readonly value: string;
  readonly values: readonly (readonly Cell[])[];
  /** Ends of the colours; where `lo` is below 0 they diverge from 0, which lies in the middle. */
  readonly lo: number;
  readonly hi: number;
}

/** Values along a numeric axis, each perhaps between limits. */
export interface Line {
  readonly name: string;
  readonly x: readonly number[];
  readonly y: readonly Cell[];
  readonly low: readonly Cell[] | null;
  readonly high: readonly Cell[] | null;
}

export interface LinesChart {
  readonly kind: "lines";
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly Line[];
  readonly references: readonly Reference[];
}

/** A value for each label, each perhaps between limits. */
export interface Series {
  readonly name: string;
  readonly values: readonly Cell[];
  readonly low: readonly Cell[] | null;
  readonly high: readonly Cell[] | null;
}

/** Values by label: `bars` stand on 0, `forest` has a point with its interval a line, labels downwards. */
export interface LabelledChart {
  readonly kind: "bars" | "forest";
  readonly title: string;
  readonly labels: LabelledAxis;
  readonly value: string;
  readonly series: readonly Series[];
  readonly references: readonly { readonly at: number; readonly label: string }[];
}

/** One drawing of a view, as plain data. */
export type Chart = HeatmapChart | LinesChart | LabelledChart;

/** Of charts side by side those that show the same value by labels, itself among them: they share the value's axis. */
export function alikeOf(chart: LabelledChart, charts: readonly Chart[]): LabelledChart[] {
  return charts.flatMap((each) =>
    each.kind === chart.kind && "series" in each && each.value === chart.value ? [each] : [],
  );
}

/** What a drop-down offers. */
export interface Menu {
  readonly name: string;
  readonly options: readonly string[];
}

/** Charts side by side, shown when each menu stands at `choice`. */
export interface PlotView {
  readonly choice: readonly string[];
  readonly charts: readonly Chart[];
}

/** Charts as a saved notebook keeps them: plain data, drawn by whoever shows them. */
export interface PlotPayload {
  readonly title: string;
  /** What the charts show, for whoever cannot see them. */
  readonly description: string;
  readonly menus: readonly Menu[];
  /** At least one; the first is shown first. */
  readonly views: readonly PlotView[];
  readonly notes: readonly string[];
  readonly provenance: Provenance | null;
}

/** The view that the menus choose, or undefined where nothing was measured. */
export function viewAt({ views }: PlotPayload, choice: readonly string[]): PlotView | undefined {
  return views.find((view) => view.choice.every((each, i) => each === choice[i]));
}

import type {
  Cell,
  HeatmapChart,
  LabelledAxis,
  LabelledChart,
  LinesChart,
  Reference,
} from "../payload/plot.js";

/** Numbers of a chart. NaN and infinities are shown as not defined. */
export type Numbers = ArrayLike<number | null>;

/** Names on an axis: so many places counted from 0, or a label each. */
export type AxisSpec = string | { readonly name: string; readonly labels?: readonly (string | number)[] };

export interface HeatmapSpec {
  readonly title?: string;
  /** Rows of values, [y, x]; or row-major values with their `[y, x]` shape, as captures are. */
  readonly values: readonly Numbers[] | { readonly data: Numbers; readonly shape: readonly number[] };
  readonly x: AxisSpec;
  readonly y: AxisSpec;
  /** What the colours mean, with the unit. */
  readonly value: string;
  /** Ends of the colours. Default: those of the values, as far from 0 on either side where there are both signs. */
  readonly range?: readonly [lo: number, hi: number];
}

export interface LineSpec {
  readonly name: string;
  readonly y: Numbers;
  /** Default 0, 1, 2, … */
  readonly x?: ArrayLike<number>;
  readonly low?: Numbers;
  readonly high?: Numbers;
}

export interface LinesSpec {
  readonly title?: string;
  readonly x: string;
  readonly y: string;
  readonly lines: readonly LineSpec[];
  readonly references?: readonly Reference[];
}

export interface SeriesSpec {
  readonly name: string;
  readonly values: Numbers;
  readonly low?: Numbers;
  readonly high?: Numbers;
}

export interface LabelledSpec {
  readonly title?: string;
  readonly labels: { readonly name: string; readonly labels: readonly (string | number)[] };
  readonly value: string;
  readonly series: readonly SeriesSpec[];
  readonly references?: LabelledChart["references"];
}

/** Seven significant digits, which is what float32 holds: seventeen would only lengthen the notebook. */
function cell(value: number | null): Cell {
  return value === null || !Number.isFinite(value) ? null : Number(value.toPrecision(7));
}

const cells = (values: Numbers): Cell[] => Array.from(values, cell);
const maybe = (values: Numbers | undefined): Cell[] | null => (values === undefined ? null : cells(values));

function axis(spec: AxisSpec, count: number): LabelledAxis {
  const { name, labels = Array.from({ length: count }, (_, i) => i) } =
    typeof spec === "string" ? { name: spec } : spec;
  return { name, labels: labels.map(String) };
}

function rowsOf(values: HeatmapSpec["values"]): Cell[][] {
  if (!("shape" in values)) return values.map(cells);
  const { data, shape } = values;
  const [rows, columns] = shape;
  if (shape.length !== 2 || rows! * columns! !== data.length)
    throw new RangeError(
      `heatmap of shape [${shape.join(", ")}] with ${data.length} values: it needs [y, x], filled`,
    );
  const all = cells(data);
  return Array.from({ length: rows! }, (_, row) => all.slice(row * columns!, (row + 1) * columns!));
}

/** Ends of the colours that hold all values. */
function rangeOf(rows: readonly (readonly Cell[])[]): [number, number] {
  let [lo, hi] = [Infinity, -Infinity];
  for (const row of rows)
    for (const value of row) if (value !== null) [lo, hi] = [Math.min(lo, value), Math.max(hi, value)];
  if (lo > hi) return [0, 1];
  const size = Math.max(-lo, hi);
  if (lo < 0) return [-size, size];
  return [0, hi > 0 ? hi : 1];
}

/** Cells in colour over two axes, such as layers × heads or layers × positions. */
export function heatmap({ title = "", values, x, y, value, range }: HeatmapSpec): HeatmapChart {
  const rows = rowsOf(values);
  const [lo, hi] = range ?? rangeOf(rows);
  const [across, down] = [axis(x, rows[0]?.length ?? 0), axis(y, rows.length)];
  return { kind: "heatmap", title, x: across, y: down, value, values: rows, lo, hi };
}

/** Lines over a numeric axis, each perhaps with limits that are drawn as a band. */
export function lines({ title = "", x, y, lines: given, references = [] }: LinesSpec): LinesChart {
  const made = given.map((each) => ({
    name: each.name,
    x: Array.from(each.x ?? { length: each.y.length }, (place, i) => (each.x === undefined ? i : place)),
    y: cells(each.y),
    low: maybe(each.low),
    high: maybe(each.high),
  }));
  return { kind: "lines", title, x, y, lines: made, references };
}

function byLabel(kind: LabelledChart["kind"], spec: LabelledSpec): LabelledChart {
  const { title = "", labels, value, series, references = [] } = spec;
  return {
    kind,
    title,
    labels: { name: labels.name, labels: labels.labels.map(String) },
    value,
    references,
    series: series.map((each) => ({
      name: each.name,
      values: cells(each.values),
      low: maybe(each.low),
      high: maybe(each.high),
    })),
  };
}

/** A bar for each label, from 0, with its interval; several series stand side by side. */
export function bars(spec: LabelledSpec): LabelledChart {
  return byLabel("bars", spec);
}

/** A forest plot: a point for each label with its interval as a line, labels downwards. */
export function forest(spec: LabelledSpec): LabelledChart {
  return byLabel("forest", spec);
}

import { rampOf, seriesColour } from "vitrail/payload";
import type { Chart, HeatmapChart, LabelledChart, LinesChart, Rgb, Theme } from "vitrail/payload";

/** What plotly draws: its traces and its layout. */
export interface Drawing {
  readonly traces: readonly Record<string, unknown>[];
  readonly layout: Record<string, unknown>;
  readonly height: number;
}

const chartHeight = 320;
const rowHeight = 22;
const mostAcross = 3;

// Plotly takes no `var(--jp-…)`; colours are said as they are, for each of the themes.
const inks = {
  light: {
    ink: "rgb(40, 40, 48)",
    soft: "rgb(96, 96, 106)",
    grid: "rgb(228, 228, 233)",
    line: "rgb(150, 150, 160)",
  },
  dark: {
    ink: "rgb(225, 225, 230)",
    soft: "rgb(170, 170, 180)",
    grid: "rgb(60, 60, 68)",
    line: "rgb(130, 130, 140)",
  },
} as const satisfies Record<Theme, unknown>;

const rgb = ([r, g, b]: Rgb, alpha = 1) =>
  alpha === 1 ? `rgb(${r}, ${g}, ${b})` : `rgba(${r}, ${g}, ${b}, ${alpha})`;

/** The axes of chart `index`, as plotly names them in traces and in the layout. */
const axisNames = (index: number) => {
  const number = index === 0 ? "" : String(index + 1);
  return { x: `x${number}`, y: `y${number}`, xLayout: `xaxis${number}`, yLayout: `yaxis${number}` };
};

/** Charts side by side as one plotly figure, in the colours of a theme; texts are never read as markup. */
export function draw(charts: readonly Chart[], theme: Theme, width: number): Drawing {
  const across = Math.max(1, Math.min(mostAcross, charts.length, Math.floor(width / 280)));
  const rows = Math.ceil(charts.length / across);
  const heights = Array.from({ length: rows }, (_, row) =>
    Math.max(...charts.slice(row * across, (row + 1) * across).map(heightOf)),
  );
  const named = charts.some((chart) => namesOf(chart).length > 1);
  const legendRoom = named ? 26 : 0;
  const height = heights.reduce((sum, each) => sum + each, legendRoom);
  const traces: Record<string, unknown>[] = [];
  const annotations: object[] = [];
  const shapes: object[] = [];
  const layout: Record<string, unknown> = {};
  charts.forEach((chart, i) => {
    const [row, column] = [Math.floor(i / across), i % across];
    const above = heights.slice(0, row).reduce((sum, each) => sum + each, legendRoom);
    // Room inside each chart's part for its ticks, its axis names and its title, in pixels.
    const room = { left: leftOf(chart), right: 24, top: 44, bottom: 56 };
    const x = [column / across + room.left / width, (column + 1) / across - room.right / width];
    const y = [1 - (above + heights[row]! - room.bottom) / height, 1 - (above + room.top) / height];
    const part = drawChart(chart, i, theme, { x, y });
    traces.push(...part.traces);
    shapes.push(...part.shapes);
    Object.assign(layout, part.axes);
    annotations.push(...part.annotations);
    if (chart.title !== "")
      annotations.push({
        ...{ text: plain(chart.title), showarrow: false, font: { size: 12, color: inks[theme].ink } },
        ...{ xref: "paper", yref: "paper", x: x[0], y: y[1], xanchor: "left", yanchor: "bottom", yshift: 8 },
      });
  });
  // Charts side by side share their entries of the legend, which then hide and show in all of them.
  const told = new Set<unknown>();
  for (const trace of traces) {
    if (trace["showlegend"] !== true) continue;
    trace["showlegend"] = !told.has(trace["legendgroup"]);
    told.add(trace["legendgroup"]);
  }
  const { ink } = inks[theme];
  return {
    traces,
    height,
    layout: {
      ...layout,
      ...{ annotations, shapes, width, height, margin: { l: 0, r: 0, t: 0, b: 0 } },
      ...{ paper_bgcolor: "rgba(0, 0, 0, 0)", plot_bgcolor: "rgba(0, 0, 0, 0)" },
      ...{ font: { color: ink, size: 11, family: "system-ui, sans-serif" }, hovermode: "closest" },
      ...{ barmode: "group", showlegend: named },
      legend: { orientation: "h", x: 1, xanchor: "right", y: 1, yanchor: "top", bgcolor: "rgba(0, 0, 0, 0)" },
      hoverlabel: { font: { size: 11 }, align: "left", namelength: -1 },
    },
  };
}

const namesOf = (chart: Chart): readonly string[] => {
  if (chart.kind === "heatmap") return [];
  return (chart.kind === "lines" ? chart.lines : chart.series).map(({ name }) => name);
};

function heightOf(chart: Chart): number {
  if (chart.kind === "forest")
    return 110 + chart.labels.labels.length * Math.max(1, 0.7 * chart.series.length) * rowHeight;
  if (chart.kind === "heatmap") return Math.min(620, Math.max(chartHeight, 100 + 14 * chart.y.labels.length));
  return chartHeight;
}

const longest = (labels: readonly string[]) => Math.max(...labels.map((label) => label.length));

function leftOf(chart: Chart): number {
  if (chart.kind === "forest") return Math.min(240, 30 + 6.5 * longest(chart.labels.labels));
  if (chart.kind === "heatmap") return Math.min(160, 46 + 6.5 * longest(chart.y.labels));
  return 64;
}

/** Plotly reads a few tags in texts; names come from anywhere and are shown as they are. */
export function plain(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

interface Part {
  readonly traces: Record<string, unknown>[];
  readonly axes: Record<string, unknown>;
  readonly shapes: object[];
  readonly annotations: object[];
}

interface Domain {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

function axisOf(
  title: string,
  theme: Theme,
  domain: readonly number[],
  anchor: string,
): Record<string, unknown> {
  const { soft, grid, line } = inks[theme];
  return {
    title: { text: plain(title), standoff: 6, font: { color: soft, size: 11 } },
    ...{ domain, anchor, gridcolor: grid, zerolinecolor: line, linecolor: line, tickfont: { color: soft } },
    ...{ automargin: false, fixedrange: false },
  };
}

/** Ticks at the places of labels; a label in several where they would touch. */
function labelTicks(labels: readonly string[], most: number): Record<string, unknown> {
  const every = Math.max(1, Math.ceil(labels.length / most));
  const shown = labels.map((_, i) => i).filter((i) => i % every === 0);
  return { tickmode: "array", tickvals: shown, ticktext: shown.map((i) => plain(labels[i]!)) };
}

function drawChart(chart: Chart, index: number, theme: Theme, domain: Domain): Part {
  if (chart.kind === "heatmap") return drawHeatmap(chart, index, theme, domain);
  if (chart.kind === "lines") return drawLines(chart, index, theme, domain);
  return drawLabelled(chart, index, theme, domain);
}

function drawHeatmap(chart: HeatmapChart, index: number, theme: Theme, domain: Domain): Part {
  const { x, y, xLayout, yLayout } = axisNames(index);
  const { lo, hi } = chart;
  const colours = rampOf(theme, { lo }, 64);
  const { soft } = inks[theme];
  // The bar of the colours takes the right end of the chart's part.
  const width = domain.x[1]! - domain.x[0]!;
  const [from, to] = [domain.x[0]!, domain.x[1]! - 0.12 * width];
  const trace = {
    ...{ type: "heatmap", xaxis: x, yaxis: y, z: chart.values, zmin: lo, zmax: hi, showlegend: false },
    ...{ x: chart.x.labels.map((_, i) => i), y: chart.y.labels.map((_, i) => i), hoverongaps: false },
    ...{
      xgap: 1,
      ygap: 1,
      customdata: chart.values.map((_, i) =>
        chart.x.labels.map((label) => [plain(chart.y.labels[i]!), plain(label)]),
      ),
    },
    colorscale: colours.map((colour, i) => [i / (colours.length - 1), rgb(colour)]),
    colorbar: {
      ...{
        x: to + 0.015 * width,
        y: domain.y[0],
        len: domain.y[1]! - domain.y[0]!,
        xanchor: "left",
        yanchor: "bottom",
      },
      ...{ thickness: 10, outlinewidth: 0, xpad: 0, ypad: 0, tickfont: { color: soft, size: 10 } },
      title: { text: plain(chart.value), side: "right", font: { color: soft, size: 11 } },
    },
    hovertemplate: `${plain(chart.y.name)} %{customdata[0]}<br>${plain(chart.x.name)} %{customdata[1]}<br>%{z:.4g}<extra></extra>`,
  };
  const bare = { showgrid: false, zeroline: false };
  return {
    traces: [trace],
    axes: {
      [xLayout]: {
        ...axisOf(chart.x.name, theme, [from, to], y),
        ...bare,
        ...labelTicks(chart.x.labels, 32),
      },
      [yLayout]: {
        ...{ ...axisOf(chart.y.name, theme, domain.y, x), ...bare, ...labelTicks(chart.y.labels, 40) },
        autorange: "reversed",
      },
    },
    shapes: [],
    annotations: [],
  };
}

const crossing = (theme: Theme, axes: object, place: object) => ({
  ...{ type: "line", line: { color: inks[theme].line, width: 1, dash: "dot" }, layer: "below" },
  ...axes,
  ...place,
});

function drawLines(chart: LinesChart, index: number, theme: Theme, domain: Domain): Part {
  const { x, y, xLayout, yLayout } = axisNames(index);
  const traces = chart.lines.flatMap((line, i) => {
    const colour = seriesColour(theme, i);
    const shared = { type: "scatter", mode: "lines", xaxis: x, yaxis: y, legendgroup: `${i} ${line.name}` };
    const band = bands(line).map(({ places, low, high }) => ({
      ...shared,
      ...{ x: [...places, ...[...places].reverse()], y: [...high, ...[...low].reverse()], fill: "toself" },
      ...{ fillcolor: rgb(colour, 0.2), line: { width: 0 }, hoverinfo: "skip", showlegend: false },
    }));
    const name = plain(line.name);
    return [
      ...band,
      {
        ...{ ...shared, x: line.x, y: line.y, name, showlegend: chart.lines.length > 1, connectgaps: false },
        ...{ mode: line.x.length <= 40 ? "lines+markers" : "lines", marker: { size: 4, color: rgb(colour) } },
        line: { color: rgb(colour), width: 2 },
        customdata: line.x.map((_, j) => limitsAt(line, j)),
        hovertemplate: `${name}<br>${plain(chart.x)} %{x}: %{y:.4g}%{customdata}<extra></extra>`,
      },
    ];
  });
  const shapes = chart.references.map(({ axis, at }) =>
    axis === "x"
      ? crossing(theme, { xref: x, yref: `${y} domain` }, { x0: at, x1: at, y0: 0, y1: 1 })
      : crossing(theme, { xref: `${x} domain`, yref: y }, { x0: 0, x1: 1, y0: at, y1: at }),
  );
  const note = { showarrow: false, font: { size: 10, color: inks[theme].soft } };
  const annotations = chart.references.map(({ axis, at, label }) => ({
    ...{ ...note, text: plain(label) },
    ...(axis === "x"
      ? { xref: x, yref: `${y} domain`, x: at, y: 1, xanchor: "left", yanchor: "top", xshift: 3 }
      : { xref: `${x} domain`, yref: y, x: 1, y: at, xanchor: "right", yanchor: "bottom" }),
  }));
  return {
    ...{ traces, shapes, annotations },
    axes: {
      [xLayout]: { ...axisOf(chart.x, theme, domain.x, y), zeroline: false },
      [yLayout]: axisOf(chart.y, theme, domain.y, x),
    },
  };
}

/** Stretches of a line in which both limits are defined. */
function bands({
  x,
  low,
  high,
}: LinesChart["lines"][number]): { places: number[]; low: number[]; high: number[] }[] {
  const found: { places: number[]; low: number[]; high: number[] }[] = [];
  let open = false;
  x.forEach((place, i) => {
    const [from, to] = [low?.[i], high?.[i]];
    const defined = typeof from === "number" && typeof to === "number";
    if (defined && !open) found.push({ places: [], low: [], high: [] });
    open = defined;
    if (!defined) return;
    const last = found.at(-1)!;
    last.places.push(place);
    last.low.push(from);
    last.high.push(to);
  });
  return found;
}

interface WithLimits {
  readonly low: readonly (number | null)[] | null;
  readonly high: readonly (number | null)[] | null;
}

/** ` [0.08, 0.16]`, or nothing. */
export function limitsAt({ low, high }: WithLimits, at: number): string {
  const [from, to] = [low?.[at], high?.[at]];
  if (typeof from !== "number" || typeof to !== "number") return "";
  return ` [${Number(from.toPrecision(4))}, ${Number(to.toPrecision(4))}]`;
}

function drawLabelled(chart: LabelledChart, index: number, theme: Theme, domain: Domain): Part {
  const { x, y, xLayout, yLayout } = axisNames(index);
  const { labels, series, value } = chart;
  const lying = chart.kind === "forest";
  const places = labels.labels.map((_, i) => i);
  const traces = series.map((each, s) => {
    const colour = rgb(seriesColour(theme, s));
    const name = plain(each.name);
    const span = (limit: readonly (number | null)[] | null, sign: 1 | -1) =>
      each.values.map((middle, i) => {
        const end = limit?.[i];
        return middle === null || typeof end !== "number" ? null : sign * (end - middle);
      });
    const interval = {
      ...{ type: "data", symmetric: false, visible: each.low !== null, thickness: 1.5, width: lying ? 0 : 3 },
      ...{
        array: span(each.high, 1),
        arrayminus: span(each.low, -1),
        color: lying ? colour : inks[theme].ink,
      },
    };
    // The points of several series stand beside each other on a row, as bars do.
    const moved = places.map((place) => place + 0.7 * ((s + 0.5) / series.length - 0.5));
    return {
      ...{ xaxis: x, yaxis: y, name, showlegend: series.length > 1, legendgroup: `${s} ${each.name}` },
      ...(lying
        ? { type: "scatter", mode: "markers", x: each.values, y: moved, error_x: interval }
        : { type: "bar", x: places, y: each.values, error_y: interval }),
      marker: { color: colour, size: 7, symbol: "square" },
      customdata: labels.labels.map((label, i) => [plain(label), limitsAt(each, i)]),
      hovertemplate: `%{customdata[0]}${series.length > 1 ? ` · ${name}` : ""}<br>%{${lying ? "x" : "y"}:.4g}%{customdata[1]}<extra></extra>`,
    };
  });
  const shapes = chart.references.map(({ at }) =>
    lying
      ? crossing(theme, { xref: x, yref: `${y} domain` }, { x0: at, x1: at, y0: 0, y1: 1 })
      : crossing(theme, { xref: `${x} domain`, yref: y }, { x0: 0, x1: 1, y0: at, y1: at }),
  );
  const annotations = chart.references.map(({ at, label }) => ({
    ...{ showarrow: false, font: { size: 10, color: inks[theme].soft }, text: plain(label) },
    ...(lying
      ? { xref: x, yref: `${y} domain`, x: at, y: 1, xanchor: "left", yanchor: "bottom" }
      : { xref: `${x} domain`, yref: y, x: 1, y: at, xanchor: "right", yanchor: "bottom" }),
  }));
  const ends = [-0.5, labels.labels.length - 0.5];
  const byLabel = { showgrid: false, zeroline: false };
  return {
    ...{ traces, shapes, annotations },
    axes: lying
      ? {
          [xLayout]: axisOf(value, theme, domain.x, y),
          [yLayout]: {
            ...{ ...axisOf("", theme, domain.y, x), ...byLabel, ...labelTicks(labels.labels, 400) },
            range: [...ends].reverse(),
          },
        }
      : {
          [xLayout]: {
            ...axisOf(labels.name, theme, domain.x, y),
            ...byLabel,
            ...labelTicks(labels.labels, 24),
            range: ends,
          },
          [yLayout]: axisOf(value, theme, domain.y, x),
        },
  };
}

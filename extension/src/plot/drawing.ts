import { alikeOf, type Chart, type Theme } from "vitrail/payload";
import { drawHeatmap } from "./heatmap.js";
import { drawLabelled } from "./labelled.js";
import { drawLines } from "./lines.js";
import { inks, longestLabel, plain, type Domain, type Part } from "./part.js";

/** What plotly draws: its traces and its layout. */
export interface Drawing {
  readonly traces: readonly Record<string, unknown>[];
  readonly layout: Record<string, unknown>;
  readonly height: number;
}

const chartHeight = 320;
const rowHeight = 22;
const mostAcross = 3;

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
    const part = drawChart(charts, i, theme, { x, y });
    traces.push(...part.traces);
    shapes.push(...part.shapes);
    Object.assign(layout, part.axes);
    annotations.push(...part.annotations);
    if (chart.title !== "")
      annotations.push({
        text: plain(chart.title),
        showarrow: false,
        font: { size: 12, color: inks[theme].ink },
        xref: "paper",
        yref: "paper",
        x: x[0],
        y: y[1],
        xanchor: "left",
        yanchor: "bottom",
        yshift: 8,
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
      annotations,
      shapes,
      width,
      height,
      margin: { l: 0, r: 0, t: 0, b: 0 },
      paper_bgcolor: "rgba(0, 0, 0, 0)",
      plot_bgcolor: "rgba(0, 0, 0, 0)",
      font: { color: ink, size: 11, family: "system-ui, sans-serif" },
      hovermode: "closest",
      barmode: "group",
      showlegend: named,
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

const longest = (labels: readonly string[]) =>
  labels.reduce((most, label) => Math.max(most, label.length), 0);

function leftOf(chart: Chart): number {
  if (chart.kind === "forest") return 30 + 6.5 * Math.min(longestLabel.forest, longest(chart.labels.labels));
  if (chart.kind === "heatmap") return 46 + 6.5 * Math.min(longestLabel.heatmap, longest(chart.y.labels));
  return 64;
}

function drawChart(charts: readonly Chart[], index: number, theme: Theme, domain: Domain): Part {
  const chart = charts[index]!;
  if (chart.kind === "heatmap") return drawHeatmap(chart, index, theme, domain);
  if (chart.kind === "lines") return drawLines(chart, index, theme, domain);
  return drawLabelled(chart, index, theme, domain, charts.indexOf(alikeOf(chart, charts)[0]!));
}

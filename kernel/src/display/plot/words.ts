import type { Cell, Chart, HeatmapChart, LabelledChart, LinesChart, PlotPayload } from "../payload/plot.js";
import { printNumber, provenanceLine } from "../payload/words.js";
import { bundleOf } from "../bundle.js";
import { table } from "../table.js";

/** How many of a heatmap's cells the text names. */
const named = 5;

const printCell = (value: Cell): string => (value === null ? "–" : printNumber(value));

/** `0.12 [0.08, 0.16]` */
function printWithLimits(value: Cell, low: Cell | undefined, high: Cell | undefined): string {
  // Of a series with limits, a value that has none is told as it is drawn: alone.
  if ((low ?? null) === null && (high ?? null) === null) return printCell(value);
  return `${printCell(value)} [${printCell(low ?? null)}, ${printCell(high ?? null)}]`;
}

const sizeOf = ({ x, y }: HeatmapChart) => `${y.labels.length} × ${x.labels.length}`;

/** The cells of largest size, strongest first. */
function strongest({ values, x, y }: HeatmapChart): { place: string; value: number }[] {
  return values
    .flatMap((row, i) =>
      row.map((value, j) => ({ place: `${y.name} ${y.labels[i]} ${x.name} ${x.labels[j]}`, value })),
    )
    .filter((each): each is { place: string; value: number } => each.value !== null)
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value))
    .slice(0, named);
}

/** One sentence for each chart. */
export function describe(charts: readonly Chart[]): string {
  return charts.map(describeChart).join(" ");
}

function describeChart(chart: Chart): string {
  if (chart.kind === "heatmap") {
    const [top] = strongest(chart);
    const peak =
      top === undefined ? "none is defined" : `strongest at ${top.place}: ${printNumber(top.value)}`;
    return `Heat map of ${chart.value}, ${chart.y.name} by ${chart.x.name}, ${sizeOf(chart)}; ${peak}.`;
  }
  if (chart.kind === "lines")
    return `Lines of ${chart.y} over ${chart.x}: ${chart.lines.map(({ name }) => name).join(", ")}.`;
  const kind = chart.kind === "bars" ? "Bars" : "Forest plot";
  return `${kind} of ${chart.value} by ${chart.labels.name}: ${chart.series.map(({ name }) => name).join(", ")}.`;
}

/** What a terminal, a diff or a screen reader gets: the title, then every view's numbers or their summary. */
export function plotText({ title, menus, views, notes, provenance }: PlotPayload): string {
  const parts = views.map(({ choice, charts }) => {
    const chosen = menus.map(({ name }, i) => `${name} ${choice[i]}`).join(" · ");
    return [...(chosen === "" ? [] : [chosen]), ...charts.map(chartText)].join("\n");
  });
  const from = provenance === null ? [] : [provenanceLine(provenance)];
  return [title, ...parts, ...notes, ...from].filter((each) => each !== "").join("\n");
}

function chartText(chart: Chart): string {
  if (chart.kind === "heatmap") return heatmapText(chart);
  return chart.kind === "lines" ? linesText(chart) : labelledText(chart);
}

function heatmapText(chart: HeatmapChart): string {
  const top = strongest(chart).map(({ place, value }) => `${place} (${printNumber(value)})`);
  const head = chart.title === "" ? chart.value : `${chart.title}: ${chart.value}`;
  const found = top.length === 0 ? "none is defined" : top.join(", ");
  return `${head}, ${chart.y.name} × ${chart.x.name} ${sizeOf(chart)}; strongest: ${found}`;
}

function linesText({ title, x, y, lines }: LinesChart): string {
  const rows = lines.map((line) => {
    const places = line.y.flatMap((value, i) => (value === null ? [] : [{ at: line.x[i]!, value }]));
    const by = (least: 1 | -1) =>
      places.reduce<(typeof places)[number] | undefined>(
        (best, each) => (best === undefined || least * (each.value - best.value) < 0 ? each : best),
        undefined,
      );
    const mean = places.reduce((sum, { value }) => sum + value, 0) / places.length;
    const said = (place: { at: number; value: number } | undefined) =>
      place === undefined ? "–" : `${printNumber(place.value)} at ${place.at}`;
    return [line.name, said(by(1)), said(by(-1)), places.length === 0 ? "–" : printNumber(mean)];
  });
  return tableText(
    title === "" ? `${y} over ${x}` : `${title}: ${y} over ${x}`,
    ["line", "least", "most", "mean"],
    rows,
  );
}

function labelledText({ title, labels, value, series }: LabelledChart): string {
  const rows = labels.labels.map((label, i) => [
    label,
    ...series.map((each) => printWithLimits(each.values[i]!, each.low?.[i], each.high?.[i])),
  ]);
  const caption = title === "" ? value : `${title}: ${value}`;
  return tableText(caption, [labels.name, ...series.map(({ name }) => name)], rows);
}

function tableText(caption: string, titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const columns = titles.map((title, i) => ({ title, value: (row: readonly string[]) => row[i]! }));
  return String(bundleOf(table(rows, columns, caption)).data["text/plain"]);
}

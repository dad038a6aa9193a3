import { seriesColour } from "../payload/palette.js";
import { alikeOf, type Chart, type PlotPayload } from "../payload/plot.js";
import { rampOf } from "../payload/ramp.js";
import type { Rgb } from "../payload/ramp.js";
import { glyphHeight } from "../png/font.js";
import { textSize } from "../png/sheet.js";
import { PixelCanvas, VectorCanvas, type Canvas } from "./canvas.js";
import { drawBars, drawForest } from "./drawLabelled.js";
import { drawHeatmap } from "./drawHeatmap.js";
import { drawLines } from "./drawLines.js";
import { indices, levels, seriesColours, type Frame } from "./frame.js";

const width = 420;
const height = 300;
const margin = 10;
const line = glyphHeight + 4;
const mostAcross = 3;

/** The charts of the first view as a picture on white, side by side. */
export function plotPicture(payload: PlotPayload): { png: Buffer; width: number; height: number } {
  const canvas = draw(payload, (width, height) => new PixelCanvas(width, height, indices.paper));
  return { png: canvas.png(palette), width: canvas.width, height: canvas.height };
}

/** The same as an SVG, whose letters and lines stay sharp at any size. */
export function plotVector(payload: PlotPayload): string {
  return draw(payload, (width, height) => new VectorCanvas(width, height, palette)).svg();
}

function draw<Kind extends Canvas>(
  { title, menus, views }: PlotPayload,
  open: (width: number, height: number) => Kind,
): Kind {
  const { choice, charts } = views[0]!;
  const across = Math.min(mostAcross, charts.length);
  const wide = charts.length === 1 ? 2 * width : width;
  const heights = charts.map(heightOf);
  const rows = Array.from({ length: Math.ceil(charts.length / across) }, (_, row) =>
    Math.max(...heights.slice(row * across, (row + 1) * across)),
  );
  const heads = [title, ...menus.map(({ name }, i) => `${name}: ${choice[i]}`)].filter((each) => each !== "");
  const top = margin + heads.length * line;
  const canvas = open(
    Math.max(2 * margin + across * wide, ...heads.map((head) => 2 * margin + textSize(head, 1).width)),
    top + rows.reduce((sum, each) => sum + each, 0) + margin,
  );
  heads.forEach((head, i) => canvas.text(head, margin, margin + i * line, indices.ink));
  charts.forEach((chart, i) => {
    const row = Math.floor(i / across);
    const y = top + rows.slice(0, row).reduce((sum, each) => sum + each, 0);
    drawChart(chart, charts, chart.title === title ? "" : chart.title, {
      canvas,
      x: margin + (i % across) * wide,
      y,
      width: wide,
      height: rows[row]!,
    });
  });
  return canvas;
}

function heightOf(chart: Chart): number {
  if (chart.kind === "forest")
    return Math.max(height / 2, 60 + chart.labels.labels.length * Math.max(1, chart.series.length) * line);
  return height;
}

function drawChart(chart: Chart, all: readonly Chart[], title: string, frame: Frame): void {
  if (title !== "") frame.canvas.text(title, frame.x, frame.y, indices.ink);
  const inside = { ...frame, y: frame.y + line, height: frame.height - line };
  if (chart.kind === "heatmap") drawHeatmap(chart, inside);
  else if (chart.kind === "lines") drawLines(chart, inside);
  else if (chart.kind === "bars") drawBars(chart, alikeOf(chart, all), inside);
  else drawForest(chart, alikeOf(chart, all), inside);
}

const pale = (colour: Rgb) =>
  colour.map((channel) => Math.round(255 - 0.2 * (255 - channel))) as unknown as Rgb;

const palette: readonly Rgb[] = [
  ...rampOf("light", { lo: 0 }, levels),
  ...rampOf("light", { lo: -1 }, levels),
  [255, 255, 255],
  [70, 70, 78],
  [150, 150, 160],
  [232, 232, 237],
  ...Array.from({ length: seriesColours }, (_, i) => seriesColour("light", i)),
  ...Array.from({ length: seriesColours }, (_, i) => pale(seriesColour("light", i))),
];

import { seriesColour } from "../payload/palette.js";
import type { Chart, PlotPayload } from "../payload/plot.js";
import { rampOf } from "../payload/ramp.js";
import type { Rgb } from "../payload/ramp.js";
import { drawable, glyphHeight } from "../png/font.js";
import { Sheet, textSize } from "../png/sheet.js";
import { writePng } from "../png/write.js";
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
export function plotPicture({ title, menus, views }: PlotPayload): {
  png: Buffer;
  width: number;
  height: number;
} {
  const { choice, charts } = views[0]!;
  const across = Math.min(mostAcross, charts.length);
  const wide = charts.length === 1 ? 2 * width : width;
  const heights = charts.map(heightOf);
  const rows = Array.from({ length: Math.ceil(charts.length / across) }, (_, row) =>
    Math.max(...heights.slice(row * across, (row + 1) * across)),
  );
  const heads = [title, ...menus.map(({ name }, i) => `${name}: ${choice[i]}`)].filter((each) => each !== "");
  const top = margin + heads.length * line;
  const sheetWidth = Math.max(
    2 * margin + across * wide,
    ...heads.map((head) => 2 * margin + textSize(drawable(head), 1).width),
  );
  const sheet = new Sheet(
    sheetWidth,
    top + rows.reduce((sum, each) => sum + each, 0) + margin,
    indices.paper,
  );
  heads.forEach((head, i) => sheet.text(drawable(head), margin, margin + i * line, indices.ink, 1));
  charts.forEach((chart, i) => {
    const row = Math.floor(i / across);
    const y = top + rows.slice(0, row).reduce((sum, each) => sum + each, 0);
    drawChart(chart, chart.title === title ? "" : chart.title, {
      ...{ sheet, x: margin + (i % across) * wide, y, width: wide, height: rows[row]! },
    });
  });
  const png = writePng(sheet.width, sheet.height, sheet.pixels, palette);
  return { png, width: sheet.width, height: sheet.height };
}

function heightOf(chart: Chart): number {
  if (chart.kind === "forest")
    return Math.max(height / 2, 60 + chart.labels.labels.length * Math.max(1, chart.series.length) * line);
  return height;
}

function drawChart(chart: Chart, title: string, frame: Frame): void {
  if (title !== "") frame.sheet.text(drawable(title), frame.x, frame.y, indices.ink, 1);
  const inside = { ...frame, y: frame.y + line, height: frame.height - line };
  if (chart.kind === "heatmap") drawHeatmap(chart, inside);
  else if (chart.kind === "lines") drawLines(chart, inside);
  else if (chart.kind === "bars") drawBars(chart, inside);
  else drawForest(chart, inside);
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

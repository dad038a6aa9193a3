import type { HeatmapChart } from "../payload/plot.js";
import { glyphHeight } from "../png/font.js";
import { textSize } from "../png/sheet.js";
import { fitted, indices, levels, textAround, textLeftOf, type Frame } from "./frame.js";

const printEnd = (value: number) => String(Number(value.toPrecision(4)));

const largestCell = 28;
const longestLabel = 90;

/** One label in so many that they do not touch. */
const every = (count: number, room: number, needed: number) =>
  [1, 2, 5, 10, 20, 50, 100, 200, 500].find((step) => (room / count) * step >= needed) ?? 1000;

/** Draws the cells with labels where there is room, and the ends of the colours. */
export function drawHeatmap(chart: HeatmapChart, { canvas, x, y, width, height }: Frame): void {
  const { values, lo, hi } = chart;
  const [down, across] = [chart.y.labels.length, chart.x.labels.length];
  const labels = chart.y.labels.map((label) => fitted(label, longestLabel));
  const widest = Math.max(...labels.map((label) => textSize(label, 1).width));
  const left = x + Math.max(widest, textSize(fitted(chart.y.name, longestLabel), 1).width) + 6;
  const top = y + glyphHeight + 6;
  const [wide, high] = [x + width - left - 12, height - 4 * (glyphHeight + 6)];
  // A cell is at least a pixel: of a larger map every second, third, … is drawn.
  const thin = Math.max(1, Math.ceil(across / wide), Math.ceil(down / high));
  const cell = Math.max(1, Math.min(largestCell, Math.floor(Math.min(wide / across, high / down))));
  const ramp = lo < 0 ? indices.diverging : indices.sequential;
  const drawnDown = Math.ceil(down / thin);
  const drawnAcross = Math.ceil(across / thin);
  for (let row = 0; row < drawnDown; row++)
    for (let column = 0; column < drawnAcross; column++) {
      const value = values[row * thin]![column * thin]!;
      const unit = value === null ? 0 : Math.min(1, Math.max(0, (value - lo) / (hi - lo)));
      const colour = value === null ? indices.grid : ramp + Math.round(unit * (levels - 1));
      canvas.rectangle(left + column * cell, top + row * cell, cell, cell, colour);
    }
  const stepDown = every(drawnDown, drawnDown * cell, glyphHeight + 2);
  for (let row = 0; row < drawnDown; row += stepDown)
    textLeftOf(
      canvas,
      labels[row * thin]!,
      left - 4,
      top + row * cell + Math.floor((cell - glyphHeight) / 2),
    );
  canvas.text(fitted(chart.y.name, longestLabel), x, y, indices.ink);
  const bottom = top + drawnDown * cell + 4;
  const longest = Math.max(...chart.x.labels.map((label) => textSize(fitted(label, 60), 1).width));
  const stepAcross = every(drawnAcross, drawnAcross * cell, longest + 4);
  for (let column = 0; column < drawnAcross; column += stepAcross)
    textAround(
      canvas,
      fitted(chart.x.labels[column * thin]!, 60),
      left + column * cell + Math.floor(cell / 2),
      bottom,
      [x, x + width],
    );
  const under = bottom + glyphHeight + 4;
  canvas.text(fitted(chart.x.name, 120), left, under, indices.ink);
  const bar = under + glyphHeight + 5;
  const [from, to] = [printEnd(lo), printEnd(hi)];
  canvas.text(from, left, bar, indices.ink);
  const start = left + textSize(from, 1).width + 4;
  for (let i = 0; i < levels; i++) canvas.rectangle(start + i, bar, 1, glyphHeight, ramp + i);
  canvas.text(to, start + levels + 4, bar, indices.ink);
  const after = start + levels + 4 + textSize(to, 1).width + 10;
  canvas.text(fitted(chart.value, x + width - after), after, bar, indices.ink);
}

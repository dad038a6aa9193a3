import { bin } from "../payload/pool.js";
import { nonFinite, rampOf } from "../payload/ramp.js";
import type { Rgb } from "../payload/ramp.js";
import { stridesOf } from "../payload/rowMajor.js";
import { toUnit } from "../payload/scale.js";
import type { AxisShards, TensorPayload } from "../payload/tensor.js";
import { drawable, glyphHeight } from "../png/font.js";
import { Sheet, textSize } from "../png/sheet.js";
import { writePng } from "../png/write.js";
import type { Subject } from "./subject.js";

const levels = 249;
const paper = levels;
const ink = levels + 1;
const line = levels + 2;
const shards = [levels + 3, levels + 4] as const;
const notFinite = levels + 5;
const flat: readonly Rgb[] = [
  [255, 255, 255],
  [70, 70, 78],
  [205, 205, 212],
  [232, 232, 237],
  [214, 214, 222],
  nonFinite.light,
];

const mapWidth = 800;
const mapHeight = 320;
const largestCell = 24;
const thinCell = 10;
const margin = 10;
const band = glyphHeight + 4;
const histogramHeight = 48;

/** Cells of an axis, pixels of a cell: whole factors up, or several entries in one pixel. */
function fit(entries: number, room: number): { cells: number; zoom: number } {
  return {
    cells: Math.min(entries, room),
    zoom: Math.max(1, Math.min(largestCell, Math.floor(room / entries))),
  };
}

/** The entry of largest size in a block of the slice; one that is not finite before all. */
function strongest(value: (row: number, column: number) => number, rows: Bin, columns: Bin): number {
  let found = 0;
  for (let row = rows.begin; row < rows.end; row++)
    for (let column = columns.begin; column < columns.end; column++) {
      const each = value(row, column);
      if (!Number.isFinite(each)) return each;
      if (Math.abs(each) > Math.abs(found)) found = each;
    }
  return found;
}

type Bin = ReturnType<typeof bin>;

/**
 * The slice shown first as colours on white, with its axes, the ranks that held them, the scale and the histogram of the
 * whole tensor. Where a pixel stands for several values, it has the colour of the largest.
 */
export function tensorPicture(
  subject: Subject,
  payload: TensorPayload,
): { png: Buffer; width: number; height: number } {
  const { shape, data } = subject;
  const { rows, columns, index, scale } = payload.view;
  const strides = stridesOf(shape);
  const base = index.reduce(
    (sum, at, axis) => sum + (axis === rows || axis === columns ? 0 : at * strides[axis]!),
    0,
  );
  const value = (row: number, column: number) =>
    data[
      base + (rows === null ? 0 : row * strides[rows]!) + (columns === null ? 0 : column * strides[columns]!)
    ]!;
  const [down, across] = [rows, columns].map((axis) => (axis === null ? 1 : shape[axis]!)) as [
    number,
    number,
  ];
  const [y, x] = [fit(down, mapHeight), fit(across, mapWidth)];
  // Cells are square, but for those of long thin maps.
  x.zoom = Math.min(x.zoom, Math.max(y.zoom, thinCell));
  y.zoom = Math.min(y.zoom, Math.max(x.zoom, thinCell));

  const label = (axis: number | null) => (axis === null ? "" : drawable(payload.axes[axis]!));
  const ends = (size: number) => [String(0), String(size - 1)] as const;
  const left = margin + Math.max(textSize(label(rows), 1).width, textSize(ends(down)[1], 1).width) + 6 + band;
  const top = margin + glyphHeight + 10 + band;
  const [wide, high] = [x.cells * x.zoom, y.cells * y.zoom];
  const sheetWidth = Math.max(
    left + wide + margin,
    left + 300,
    textSize(drawable(payload.name), 1).width + 2 * margin,
  );
  const bottom = top + high + 6 + glyphHeight + 12;
  const sheet = new Sheet(sheetWidth, bottom + histogramHeight + 4 + glyphHeight + margin, paper);
  const unit = (number: number) => Math.round(toUnit(scale, number) * (levels - 1));

  sheet.text(drawable(payload.name), margin, margin, ink, 1);
  for (let row = 0; row < y.cells; row++)
    for (let column = 0; column < x.cells; column++) {
      const found = strongest(value, bin(row, down, y.cells), bin(column, across, x.cells));
      const colour = Number.isFinite(found) ? unit(found) : notFinite;
      sheet.rectangle(left + column * x.zoom, top + row * y.zoom, x.zoom, y.zoom, colour);
    }
  for (const split of payload.shards) {
    if (split.axis === columns)
      drawShards(sheet, split, across, wide, (at, size) => [left + at, top - band, size, band - 2]);
    if (split.axis === rows)
      drawShards(sheet, split, down, high, (at, size) => [left - band, top + at, band - 2, size]);
  }
  if (rows !== null) {
    const right = left - band - 4;
    const mark = (text: string, at: number) => sheet.text(text, right - textSize(text, 1).width, at, ink, 1);
    mark(ends(down)[0], top);
    if (high >= 2 * glyphHeight + 2) mark(ends(down)[1], top + high - glyphHeight);
    if (high >= 4 * glyphHeight + 8) mark(label(rows), top + Math.floor((high - glyphHeight) / 2));
  }
  if (columns !== null) {
    const [first, last] = ends(across);
    const under = top + high + 6;
    const [name, end] = [textSize(label(columns), 1).width, textSize(last, 1).width];
    sheet.text(first, left, under, ink, 1);
    if (wide >= 6 + 6 + end) sheet.text(last, left + wide - end, under, ink, 1);
    const middle = left + Math.floor((wide - name) / 2);
    // A narrow map has its axis named beside it.
    if (wide >= name + 2 * (end + 12)) sheet.text(label(columns), middle, under, ink, 1);
    else sheet.text(label(columns), left + Math.max(wide, 6) + 8, under, ink, 1);
  }
  drawHistogram(sheet, payload, left, bottom, unit);
  const palette = [...rampOf("light", scale, levels), ...flat];
  return {
    png: writePng(sheet.width, sheet.height, sheet.pixels, palette),
    width: sheet.width,
    height: sheet.height,
  };
}

/** Which ranks hold which stretch of an axis, as bars beside it; numbered where there is room. */
function drawShards(
  sheet: Sheet,
  { parts }: AxisShards,
  entries: number,
  pixels: number,
  place: (at: number, size: number) => [number, number, number, number],
): void {
  parts.forEach(({ ranks, from, to }, i) => {
    const at = Math.floor((from * pixels) / entries);
    const end = Math.ceil((to * pixels) / entries);
    const [x, y, width, height] = place(at, Math.max(1, end - at - 1));
    sheet.rectangle(x, y, width, height, shards[i % 2]!);
    const number = ranks.join("+");
    const text = [`rank ${number}`, number].find((each) => textSize(each, 1).width + 2 <= width);
    if (text !== undefined && height >= glyphHeight + 2) sheet.text(text, x + 1, y + 1, ink, 1);
  });
}

/** Counts of all values as bars in the colours of the map, which are so its legend too. */
function drawHistogram(
  sheet: Sheet,
  { histogram }: TensorPayload,
  left: number,
  top: number,
  unit: (value: number) => number,
): void {
  if (histogram === null) return;
  const { lo, hi, counts } = histogram;
  const width = Math.max(1, Math.floor(256 / counts.length));
  const most = Math.max(...counts);
  counts.forEach((count, i) => {
    if (count === 0) return;
    const high = Math.max(2, Math.round((count / most) * histogramHeight));
    const value = lo + ((i + 0.5) * (hi - lo)) / counts.length;
    const x = left + i * width;
    sheet.rectangle(x, top + histogramHeight - high, width, high, ink);
    if (high > 2) sheet.rectangle(x, top + histogramHeight - high + 1, width, high - 1, unit(value));
  });
  sheet.rectangle(left, top + histogramHeight, counts.length * width, 1, line);
  const [from, to] = [printEnd(lo), printEnd(hi)];
  sheet.text(from, left, top + histogramHeight + 4, ink, 1);
  sheet.text(to, left + counts.length * width - textSize(to, 1).width, top + histogramHeight + 4, ink, 1);
}

const printEnd = (value: number) => drawable(String(Number(value.toPrecision(3))));

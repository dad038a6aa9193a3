import type { LabelledChart } from "../payload/plot.js";
import { glyphHeight } from "../png/font.js";
import { textSize } from "../png/sheet.js";
import {
  fitted,
  indices,
  legend,
  scaling,
  seriesIndex,
  textAround,
  textLeftOf,
  ticks,
  type Frame,
} from "./frame.js";

const longestLabel = 130;

/**
 * Ends of the value axis that hold values, limits, references, and 0 where bars stand on it: of all charts side by side
 * that show one value, so that equal lengths are equal numbers.
 */
function ends(alike: readonly LabelledChart[]): [number, number] {
  const all = alike.flatMap(({ series }) =>
    series.flatMap(({ values, low, high }) => [...values, ...(low ?? []), ...(high ?? [])]),
  );
  const lines = alike.flatMap(({ references }) => references.map(({ at }) => at));
  const known = [...all.filter((value) => value !== null), ...lines];
  if (alike.some(({ kind }) => kind === "bars") || known.length === 0) known.push(0);
  return [known.reduce((a, b) => Math.min(a, b)), known.reduce((a, b) => Math.max(a, b))];
}

/** Draws a bar a label and series, upwards from 0, with its interval, on the axis of all charts that are `alike`. */
export function drawBars(chart: LabelledChart, alike: readonly LabelledChart[], frame: Frame): void {
  const { canvas, x, y, width, height } = frame;
  const { labels, series, references } = chart;
  const top = y + 2 * (glyphHeight + 5);
  const bottom = y + height - 2 * (glyphHeight + 6);
  const vertical = scaling(...ends(alike), bottom, top);
  const marks = ticks(vertical);
  const left = x + Math.max(0, ...marks.map((each) => textSize(String(each), 1).width)) + 6;
  const right = x + width - 14;
  for (const each of marks) {
    canvas.rectangle(left, vertical.at(each), right - left, 1, indices.grid);
    textLeftOf(canvas, String(each), left - 4, vertical.at(each) - 3);
  }
  const step = (right - left) / labels.labels.length;
  const share = (0.8 * step) / Math.max(1, series.length);
  const wide = Math.max(1, Math.floor(share));
  // Bars for which there is not a pixel each stand over each other.
  const beside = Math.min(wide, share);
  const zero = vertical.at(0);
  labels.labels.forEach((label, i) => {
    const start = Math.round(left + i * step + 0.1 * step);
    series.forEach(({ values, low, high }, s) => {
      const value = values[i]!;
      if (value === null) return;
      const [from, to] = [Math.min(zero, vertical.at(value)), Math.max(zero, vertical.at(value))];
      const begin = start + Math.floor(s * beside);
      canvas.rectangle(begin, from, Math.max(1, wide - 1), Math.max(1, to - from), seriesIndex(s));
      const [lower, upper] = [low?.[i], high?.[i]];
      if (typeof lower !== "number" || typeof upper !== "number") return;
      const [above, below] = [vertical.at(upper), vertical.at(lower)];
      canvas.rectangle(begin + Math.floor(wide / 2), above, 1, below - above + 1, indices.ink);
    });
    const short = fitted(label, step - 4);
    if (short.length > 1 || short === label)
      textAround(canvas, short, Math.round(left + (i + 0.5) * step), bottom + 5, [x, x + width]);
  });
  for (const { at } of references) canvas.rectangle(left, vertical.at(at), right - left, 1, indices.line);
  canvas.rectangle(left, zero, right - left, 1, indices.line);
  canvas.text(fitted(chart.value, width / 2), x, y, indices.ink);
  caption(labels.name, series, { left, right, bottom }, frame);
}

/** Draws a point a label and series with its interval from left to right, labels downwards, on the axis of those `alike`. */
export function drawForest(chart: LabelledChart, alike: readonly LabelledChart[], frame: Frame): void {
  const { canvas, x, y, width, height } = frame;
  const { labels, series, references } = chart;
  const names = labels.labels.map((label) => fitted(label, longestLabel));
  const left = x + Math.max(...names.map((name) => textSize(name, 1).width)) + 10;
  const right = x + width - 14;
  const top = y + 2 * (glyphHeight + 5);
  const bottom = y + height - 2 * (glyphHeight + 6);
  const horizontal = scaling(...ends(alike), left, right);
  for (const each of ticks(horizontal)) {
    canvas.rectangle(horizontal.at(each), top, 1, bottom - top, indices.grid);
    textAround(canvas, String(each), horizontal.at(each), bottom + 5, [x, x + width]);
  }
  for (const { at } of references) canvas.rectangle(horizontal.at(at), top, 1, bottom - top, indices.line);
  const step = (bottom - top) / labels.labels.length;
  names.forEach((name, i) => {
    textLeftOf(canvas, name, left - 8, Math.round(top + (i + 0.5) * step) - 3);
    series.forEach(({ values, low, high }, s) => {
      const middle = Math.round(top + (i + (s + 0.75) / (series.length + 0.5)) * step);
      const [lower, upper] = [low?.[i], high?.[i]];
      if (typeof lower === "number" && typeof upper === "number") {
        const from = horizontal.at(lower);
        canvas.rectangle(from, middle, horizontal.at(upper) - from + 1, 1, seriesIndex(s));
      }
      const value = values[i]!;
      if (value !== null) canvas.rectangle(horizontal.at(value) - 2, middle - 2, 5, 5, seriesIndex(s));
    });
  });
  caption(chart.value, series, { left, right, bottom }, frame);
}

/** What the axis below a chart counts, and above it which colour is which series, where there are several. */
function caption(
  axis: string,
  series: LabelledChart["series"],
  { left, right, bottom }: { readonly left: number; readonly right: number; readonly bottom: number },
  { canvas, x, y, width }: Frame,
): void {
  const middle = Math.floor((left + right) / 2);
  textAround(canvas, fitted(axis, width / 2), middle, bottom + glyphHeight + 9, [x, x + width]);
  if (series.length < 2) return;
  const names = series.map(({ name }) => name);
  legend(canvas, names, left, y + glyphHeight + 4, x + width);
}

import { glyphHeight } from "../png/font.js";
import { textSize } from "../png/sheet.js";
import type { Canvas } from "./canvas.js";

/** Colours of one ramp; a picture holds a rising and a diverging one. */
export const levels = 110;

/** Where the colours of a picture stand in its palette. */
export const indices = {
  sequential: 0,
  diverging: levels,
  paper: 2 * levels,
  ink: 2 * levels + 1,
  line: 2 * levels + 2,
  grid: 2 * levels + 3,
  series: 2 * levels + 4,
  tint: 2 * levels + 4 + 7,
} as const;

export const seriesColours = 7;

export const seriesIndex = (series: number) => indices.series + (series % seriesColours);
/** The paler colour of a series' band. */
export const tintIndex = (series: number) => indices.tint + (series % seriesColours);

/** A part of a canvas that one chart may draw on. */
export interface Frame {
  readonly canvas: Canvas;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Places of a numeric axis on a canvas. */
export interface Scaling {
  readonly lo: number;
  readonly hi: number;
  at(value: number): number;
}

/** From `lo`, at pixel `from`, to `hi`, at pixel `to`; a single value lies in the middle of a range of one. */
export function scaling(lo: number, hi: number, from: number, to: number): Scaling {
  const [low, high] = lo < hi ? [lo, hi] : [lo - 0.5, lo + 0.5];
  const at = (value: number) => Math.round(from + ((value - low) / (high - low)) * (to - from));
  return { lo: low, hi: high, at };
}

/** Round numbers between the ends, at most about six: multiples of 1, 2 or 5 of a power of ten. */
export function ticks({ lo, hi }: { lo: number; hi: number }): number[] {
  const rough = (hi - lo) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10);
  const first = Math.ceil(lo / step);
  const count = Math.floor(hi / step) - first + 1;
  return Array.from({ length: Math.max(0, count) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** Text that ends at x. */
export function textLeftOf(canvas: Canvas, text: string, x: number, y: number): void {
  canvas.text(text, x - textSize(text, 1).width, y, indices.ink, "end");
}

/** Text whose middle is at x, moved so that it stays between `from` and `to`. */
export function textAround(
  canvas: Canvas,
  text: string,
  x: number,
  y: number,
  [from, to]: readonly [number, number],
) {
  const { width } = textSize(text, 1);
  const left = Math.max(from, Math.min(to - width, x - Math.floor(width / 2)));
  canvas.text(text, left, y, indices.ink, "middle");
}

/** As much of a text as `room` pixels hold; what is cut off ends in a dot. */
export function fitted(text: string, room: number): string {
  const all = [...text];
  const most = Math.floor((room + 1) / 6);
  return all.length <= most ? text : `${all.slice(0, Math.max(0, most - 1)).join("")}.`;
}

/** Names of the series in their colours, from x on; what has no room is left to the text beside the picture. */
export function legend(canvas: Canvas, names: readonly string[], x: number, y: number, end: number): void {
  let at = x;
  names.forEach((name, i) => {
    const { width } = textSize(name, 1);
    if (at + 12 + width > end) return;
    canvas.rectangle(at, y, 8, glyphHeight, seriesIndex(i));
    canvas.text(name, at + 12, y, indices.ink);
    at += 12 + width + 14;
  });
}

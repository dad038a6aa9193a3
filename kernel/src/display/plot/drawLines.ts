import type { Line, LinesChart } from "../payload/plot.js";
import { glyphHeight } from "../png/font.js";
import { textSize } from "../png/sheet.js";
import type { Canvas } from "./canvas.js";
import {
  fitted,
  indices,
  legend,
  scaling,
  seriesIndex,
  textAround,
  textLeftOf,
  ticks,
  tintIndex,
  type Frame,
  type Scaling,
} from "./frame.js";

/** What lies between a line's limits; at a place between two undefined ones, a single stroke. */
function drawBand(canvas: Canvas, line: Line, colour: number, horizontal: Scaling, vertical: Scaling): void {
  const limits = line.x.map((place, i) => {
    const [low, high] = [line.low?.[i], line.high?.[i]];
    if (typeof low !== "number" || typeof high !== "number") return undefined;
    return { at: horizontal.at(place), top: vertical.at(high), bottom: vertical.at(low) };
  });
  limits.forEach((to, i) => {
    if (to === undefined) return;
    const from = limits[i - 1] ?? to;
    for (let x = Math.min(from.at, to.at); x <= Math.max(from.at, to.at); x++) {
      const share = to.at === from.at ? 1 : (x - from.at) / (to.at - from.at);
      const top = Math.round(from.top + share * (to.top - from.top));
      const bottom = Math.round(from.bottom + share * (to.bottom - from.bottom));
      canvas.rectangle(x, top, 1, bottom - top + 1, colour);
    }
  });
}

/** Draws lines with ticks, reference lines, and limits as a pale band. */
export function drawLines(chart: LinesChart, { canvas, x, y, width, height }: Frame): void {
  const { lines, references } = chart;
  const known = (values: readonly (number | null)[]) => values.filter((value) => value !== null);
  const on = (axis: "x" | "y") => references.filter((each) => each.axis === axis).map(({ at }) => at);
  const places = [...lines.flatMap((line) => line.x), ...on("x")];
  const values = [
    ...lines.flatMap(({ y, low, high }) => known([...y, ...(low ?? []), ...(high ?? [])])),
    ...on("y"),
  ];
  const ends = (list: readonly number[]) =>
    list.length === 0
      ? ([0, 1] as const)
      : ([list.reduce((a, b) => Math.min(a, b)), list.reduce((a, b) => Math.max(a, b))] as const);
  const top = y + 2 * (glyphHeight + 5);
  const bottom = y + height - 2 * (glyphHeight + 6);
  const vertical = scaling(...ends(values), bottom, top);
  const marks = ticks(vertical);
  const left = x + Math.max(0, ...marks.map((each) => textSize(String(each), 1).width)) + 6;
  const right = x + width - 14;
  const horizontal = scaling(...ends(places), left, right);

  for (const each of marks) {
    canvas.rectangle(left, vertical.at(each), right - left + 2, 1, indices.grid);
    textLeftOf(canvas, String(each), left - 4, vertical.at(each) - 3);
  }
  for (const each of ticks(horizontal))
    textAround(canvas, String(each), horizontal.at(each), bottom + 5, [x, x + width]);
  canvas.rectangle(left, bottom + 1, right - left + 2, 1, indices.line);
  for (const { axis, at } of references)
    if (axis === "x") canvas.rectangle(horizontal.at(at), top, 1, bottom - top, indices.line);
    else canvas.rectangle(left, vertical.at(at), right - left, 1, indices.line);

  lines.forEach((line, i) => drawBand(canvas, line, tintIndex(i), horizontal, vertical));
  lines.forEach((line, i) => {
    const colour = seriesIndex(i);
    line.x.forEach((place, j) => {
      const value = line.y[j]!;
      if (value === null) return;
      const before = j === 0 ? null : line.y[j - 1]!;
      const from = before === null ? [place, value] : [line.x[j - 1]!, before];
      canvas.stroke(
        horizontal.at(from[0]!),
        vertical.at(from[1]!),
        horizontal.at(place),
        vertical.at(value),
        colour,
      );
    });
  });
  canvas.text(fitted(chart.y, width / 2), x, y, indices.ink);
  textAround(canvas, fitted(chart.x, width / 2), Math.floor((left + right) / 2), bottom + glyphHeight + 9, [
    x,
    x + width,
  ]);
  if (lines.length > 1)
    legend(
      canvas,
      lines.map(({ name }) => name),
      left,
      y + glyphHeight + 4,
      x + width,
    );
}

import { printNumber } from "vitrail/payload";
import type { Cell, Chart } from "vitrail/payload";
import { tableOf } from "../table.js";
import { limitsAt } from "./part.js";

export const printCell = (value: Cell): string => (value === null ? "–" : printNumber(value));

/** All numbers of a chart in a table. */
export function numbersOf(chart: Chart): HTMLElement {
  if (chart.kind === "heatmap")
    return tableOf(
      `${chart.title || chart.value}; rows are ${chart.y.name}, columns are ${chart.x.name}`,
      [`${chart.y.name} \\ ${chart.x.name}`, ...chart.x.labels],
      chart.values.map((row, i) => [chart.y.labels[i]!, ...row.map(printCell)]),
    );
  if (chart.kind === "lines") {
    const places = [...new Set(chart.lines.flatMap(({ x }) => x))].sort((a, b) => a - b);
    return tableOf(
      `${chart.title || chart.y} over ${chart.x}`,
      [chart.x, ...chart.lines.map(({ name }) => name)],
      places.map((place) => [
        String(place),
        ...chart.lines.map((line) => {
          const at = line.x.indexOf(place);
          return at < 0 ? "" : `${printCell(line.y[at]!)}${limitsAt(line, at)}`;
        }),
      ]),
    );
  }
  return tableOf(
    `${chart.title || chart.value} by ${chart.labels.name}`,
    [chart.labels.name, ...chart.series.map(({ name }) => name)],
    chart.labels.labels.map((label, i) => [
      label,
      ...chart.series.map((each) => `${printCell(each.values[i]!)}${limitsAt(each, i)}`),
    ]),
  );
}

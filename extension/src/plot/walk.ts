import type { Chart } from "vitrail/payload";
import { limitsAt } from "./part.js";
import { printCell } from "./numbers.js";

/** One value of one chart, so that keys can go from each to the next. */
export interface Place {
  readonly chart: number;
  readonly row: number;
  readonly column: number;
}

/** Rows and columns of values: a heat map's own, else one row a line or series. */
function sizeOf(chart: Chart): { rows: number; columns: (row: number) => number } {
  if (chart.kind === "heatmap") return { rows: chart.y.labels.length, columns: () => chart.x.labels.length };
  if (chart.kind === "lines")
    return { rows: chart.lines.length, columns: (row) => chart.lines[row]?.x.length ?? 0 };
  return { rows: chart.series.length, columns: () => chart.labels.labels.length };
}

/** Where an arrow key, Home or End leads; Page Up and Page Down go to other charts. Undefined for other keys. */
export function step(charts: readonly Chart[], from: Place | undefined, key: string): Place | undefined {
  const chart = from?.chart ?? 0;
  const { rows, columns } = sizeOf(charts[chart]!);
  // A forest plot's labels go downwards, so there the keys change places.
  const lying = charts[chart]!.kind === "forest";
  const moves: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: lying ? [-1, 0] : [0, -1],
    ArrowRight: lying ? [1, 0] : [0, 1],
    ArrowUp: lying ? [0, -1] : [-1, 0],
    ArrowDown: lying ? [0, 1] : [1, 0],
    Home: [0, -Infinity],
    End: [0, Infinity],
  };
  const within = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
  if (key === "PageDown" || key === "PageUp")
    return { chart: within(chart + (key === "PageDown" ? 1 : -1), charts.length), row: 0, column: 0 };
  const move = moves[key];
  if (move === undefined) return undefined;
  if (from === undefined) return { chart: 0, row: 0, column: 0 };
  const row = within(from.row + move[0], rows);
  return { chart, row, column: within(from.column + move[1], columns(row)) };
}

/** What stands at a place, in words. */
export function say(charts: readonly Chart[], { chart: index, row, column }: Place): string {
  const chart = charts[index]!;
  if (chart.kind === "heatmap")
    return `${chart.y.name} ${chart.y.labels[row]} · ${chart.x.name} ${chart.x.labels[column]}: ${printCell(chart.values[row]![column]!)}`;
  if (chart.kind === "lines") {
    const line = chart.lines[row];
    if (line === undefined || line.x.length === 0) return `${chart.title || chart.y}: nothing is drawn`;
    return `${line.name} · ${chart.x} ${line.x[column]}: ${printCell(line.y[column]!)}${limitsAt(line, column)}`;
  }
  const series = chart.series[row];
  if (series === undefined) return `${chart.title || chart.value}: nothing is drawn`;
  return `${chart.labels.labels[column]} · ${series.name}: ${printCell(series.values[column]!)}${limitsAt(series, column)}`;
}

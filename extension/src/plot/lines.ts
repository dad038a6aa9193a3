import { seriesColour } from "vitrail/payload";
import type { LinesChart, Theme } from "vitrail/payload";
import { axisNames, axisOf, crossing, inks, limitsAt, plain, rgb, type Domain, type Part } from "./part.js";

/** Lines with the bands of their intervals, and references. */
export function drawLines(chart: LinesChart, index: number, theme: Theme, domain: Domain): Part {
  const { x, y, xLayout, yLayout } = axisNames(index);
  const traces = chart.lines.flatMap((line, i) => {
    const colour = seriesColour(theme, i);
    const shared = { type: "scatter", mode: "lines", xaxis: x, yaxis: y, legendgroup: `${i} ${line.name}` };
    const band = bands(line).map(({ places, low, high }) => ({
      ...shared,
      x: [...places, ...[...places].reverse()],
      y: [...high, ...[...low].reverse()],
      fill: "toself",
      fillcolor: rgb(colour, 0.2),
      line: { width: 0 },
      hoverinfo: "skip",
      showlegend: false,
    }));
    const name = plain(line.name);
    return [
      ...band,
      {
        ...shared,
        x: line.x,
        y: line.y,
        name,
        showlegend: chart.lines.length > 1,
        connectgaps: false,
        mode: line.x.length <= 40 ? "lines+markers" : "lines",
        marker: { size: 4, color: rgb(colour) },
        line: { color: rgb(colour), width: 2 },
        customdata: line.x.map((_, j) => limitsAt(line, j)),
        hovertemplate: `${name}<br>${plain(chart.x)} %{x}: %{y:.4g}%{customdata}<extra></extra>`,
      },
    ];
  });
  const shapes = chart.references.map(({ axis, at }) =>
    axis === "x"
      ? crossing(theme, { xref: x, yref: `${y} domain` }, { x0: at, x1: at, y0: 0, y1: 1 })
      : crossing(theme, { xref: `${x} domain`, yref: y }, { x0: 0, x1: 1, y0: at, y1: at }),
  );
  const note = { showarrow: false, font: { size: 10, color: inks[theme].soft } };
  const annotations = chart.references.map(({ axis, at, label }) => ({
    ...note,
    text: plain(label),
    ...(axis === "x"
      ? { xref: x, yref: `${y} domain`, x: at, y: 1, xanchor: "left", yanchor: "top", xshift: 3 }
      : { xref: `${x} domain`, yref: y, x: 1, y: at, xanchor: "right", yanchor: "bottom" }),
  }));
  return {
    traces,
    shapes,
    annotations,
    axes: {
      [xLayout]: { ...axisOf(chart.x, theme, domain.x, y), zeroline: false },
      [yLayout]: axisOf(chart.y, theme, domain.y, x),
    },
  };
}

/** Stretches of a line in which both limits are defined. */
function bands({
  x,
  low,
  high,
}: LinesChart["lines"][number]): { places: number[]; low: number[]; high: number[] }[] {
  const found: { places: number[]; low: number[]; high: number[] }[] = [];
  let open = false;
  x.forEach((place, i) => {
    const [from, to] = [low?.[i], high?.[i]];
    const defined = typeof from === "number" && typeof to === "number";
    if (defined && !open) found.push({ places: [], low: [], high: [] });
    open = defined;
    if (!defined) return;
    const last = found.at(-1)!;
    last.places.push(place);
    last.low.push(from);
    last.high.push(to);
  });
  return found;
}

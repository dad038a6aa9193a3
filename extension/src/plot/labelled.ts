import { seriesColour } from "vitrail/payload";
import type { LabelledChart, Theme } from "vitrail/payload";
import {
  axisNames,
  axisOf,
  crossing,
  inks,
  labelTicks,
  limitsAt,
  longestLabel,
  plain,
  rgb,
  type Domain,
  type Part,
} from "./part.js";

/** Bars, or a forest of points, with their intervals by label, on the same range of values as chart `alike` has. */
export function drawLabelled(
  chart: LabelledChart,
  index: number,
  theme: Theme,
  domain: Domain,
  alike: number,
): Part {
  const { x, y, xLayout, yLayout } = axisNames(index);
  const { labels, series, value } = chart;
  const lying = chart.kind === "forest";
  const places = labels.labels.map((_, i) => i);
  const traces = series.map((each, s) => {
    const colour = rgb(seriesColour(theme, s));
    const name = plain(each.name);
    const span = (limit: readonly (number | null)[] | null, sign: 1 | -1) =>
      each.values.map((middle, i) => {
        const end = limit?.[i];
        return middle === null || typeof end !== "number" ? null : sign * (end - middle);
      });
    const interval = {
      type: "data",
      symmetric: false,
      visible: each.low !== null,
      thickness: 1.5,
      width: lying ? 0 : 3,
      array: span(each.high, 1),
      arrayminus: span(each.low, -1),
      color: lying ? colour : inks[theme].ink,
    };
    // The points of several series stand beside each other on a row, as bars do.
    const moved = places.map((place) => place + 0.7 * ((s + 0.5) / series.length - 0.5));
    return {
      xaxis: x,
      yaxis: y,
      name,
      showlegend: series.length > 1,
      legendgroup: `${s} ${each.name}`,
      ...(lying
        ? { type: "scatter", mode: "markers", x: each.values, y: moved, error_x: interval }
        : { type: "bar", x: places, y: each.values, error_y: interval }),
      marker: { color: colour, size: 7, symbol: "square" },
      customdata: labels.labels.map((label, i) => [plain(label), limitsAt(each, i)]),
      hovertemplate: `%{customdata[0]}${series.length > 1 ? ` · ${name}` : ""}<br>%{${lying ? "x" : "y"}:.4g}%{customdata[1]}<extra></extra>`,
    };
  });
  const shapes = chart.references.map(({ at }) =>
    lying
      ? crossing(theme, { xref: x, yref: `${y} domain` }, { x0: at, x1: at, y0: 0, y1: 1 })
      : crossing(theme, { xref: `${x} domain`, yref: y }, { x0: 0, x1: 1, y0: at, y1: at }),
  );
  const annotations = chart.references.map(({ at, label }) => ({
    showarrow: false,
    font: { size: 10, color: inks[theme].soft },
    text: plain(label),
    ...(lying
      ? { xref: x, yref: `${y} domain`, x: at, y: 1, xanchor: "left", yanchor: "bottom" }
      : { xref: `${x} domain`, yref: y, x: 1, y: at, xanchor: "right", yanchor: "bottom" }),
  }));
  const ends = [-0.5, labels.labels.length - 0.5];
  const first = axisNames(alike);
  const shared = alike === index ? {} : { matches: lying ? first.x : first.y };
  const byLabel = { showgrid: false, zeroline: false };
  return {
    traces,
    shapes,
    annotations,
    axes: lying
      ? {
          [xLayout]: { ...axisOf(value, theme, domain.x, y), ...shared },
          [yLayout]: {
            ...axisOf("", theme, domain.y, x),
            ...byLabel,
            ...labelTicks(labels.labels, 400, longestLabel.forest),
            range: [...ends].reverse(),
          },
        }
      : {
          [xLayout]: {
            ...axisOf(labels.name, theme, domain.x, y),
            ...byLabel,
            ...labelTicks(labels.labels, 24),
            range: ends,
          },
          [yLayout]: { ...axisOf(value, theme, domain.y, x), ...shared },
        },
  };
}

import { rampOf } from "vitrail/payload";
import type { HeatmapChart, Theme } from "vitrail/payload";
import {
  axisNames,
  axisOf,
  inks,
  labelTicks,
  longestLabel,
  plain,
  rgb,
  type Domain,
  type Part,
} from "./part.js";

/** A heatmap with the bar of its colours. */
export function drawHeatmap(chart: HeatmapChart, index: number, theme: Theme, domain: Domain): Part {
  const { x, y, xLayout, yLayout } = axisNames(index);
  const { lo, hi } = chart;
  const colours = rampOf(theme, { lo }, 64);
  const { soft } = inks[theme];
  // The bar of the colours takes the right end of the chart's part.
  const width = domain.x[1]! - domain.x[0]!;
  const [from, to] = [domain.x[0]!, domain.x[1]! - 0.12 * width];
  const trace = {
    type: "heatmap",
    xaxis: x,
    yaxis: y,
    z: chart.values,
    zmin: lo,
    zmax: hi,
    showlegend: false,
    x: chart.x.labels.map((_, i) => i),
    y: chart.y.labels.map((_, i) => i),
    hoverongaps: false,
    xgap: 1,
    ygap: 1,
    customdata: chart.values.map((_, i) =>
      chart.x.labels.map((label) => [plain(chart.y.labels[i]!), plain(label)]),
    ),
    colorscale: colours.map((colour, i) => [i / (colours.length - 1), rgb(colour)]),
    colorbar: {
      x: to + 0.015 * width,
      y: domain.y[0],
      len: domain.y[1]! - domain.y[0]!,
      xanchor: "left",
      yanchor: "bottom",
      thickness: 10,
      outlinewidth: 0,
      xpad: 0,
      ypad: 0,
      tickfont: { color: soft, size: 10 },
      title: { text: plain(chart.value), side: "right", font: { color: soft, size: 11 } },
    },
    hovertemplate: `${plain(chart.y.name)} %{customdata[0]}<br>${plain(chart.x.name)} %{customdata[1]}<br>%{z:.4g}<extra></extra>`,
  };
  const bare = { showgrid: false, zeroline: false };
  return {
    traces: [trace],
    axes: {
      [xLayout]: {
        ...axisOf(chart.x.name, theme, [from, to], y),
        ...bare,
        ...labelTicks(chart.x.labels, 32),
      },
      [yLayout]: {
        ...axisOf(chart.y.name, theme, domain.y, x),
        ...bare,
        ...labelTicks(chart.y.labels, 40, longestLabel.heatmap),
        autorange: "reversed",
      },
    },
    shapes: [],
    annotations: [],
  };
}

import { heatmap, type HeatmapChart } from "../display/index.js";
import type { LensRow } from "./logitLens.js";
import { sayToken } from "./metric.js";

/** What a lens says of one row as heatmaps: its likeliest tokens, its divergence, and the tokens that were asked for. */
export function lensCharts(
  points: readonly string[],
  { tokens, top, divergence, chosen }: LensRow,
): HeatmapChart[] {
  const x = { name: "position", labels: tokens.map(({ text }, i) => `${i} ${text}`) };
  const last = tokens.length - 1;
  const labels = points.map((name, i) => {
    const best = top[i]![last]![0]!;
    return `${name.replace(/^layers\.(\d+)\.residual\.out$/, "$1")} ${best.text === undefined ? best.id : JSON.stringify(best.text)}`;
  });
  const y = { name: "layer", labels };
  return [
    heatmap({
      title: "Probability of the likeliest token",
      x,
      y,
      value: "probability",
      range: [0, 1] as const,
      values: top.map((row) => row.map(([best]) => best!.probability)),
    }),
    heatmap({
      title: "Divergence from the model's own prediction",
      x,
      y,
      value: "nats",
      values: divergence,
    }),
    ...chosen.map(({ token, logProbability }) =>
      heatmap({
        title: `Probability of ${sayToken(token)}`,
        x,
        y,
        value: "probability",
        range: [0, 1] as const,
        values: logProbability.map((row) => row.map(Math.exp)),
      }),
    ),
  ];
}

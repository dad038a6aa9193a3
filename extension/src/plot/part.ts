import type { Rgb, Theme } from "vitrail/payload";

// Plotly takes no `var(--jp-…)`; colours are said as they are, for each of the themes.
export const inks = {
  light: {
    ink: "rgb(40, 40, 48)",
    soft: "rgb(96, 96, 106)",
    grid: "rgb(228, 228, 233)",
    line: "rgb(150, 150, 160)",
  },
  dark: {
    ink: "rgb(225, 225, 230)",
    soft: "rgb(170, 170, 180)",
    grid: "rgb(60, 60, 68)",
    line: "rgb(130, 130, 140)",
  },
} as const satisfies Record<Theme, unknown>;

export const rgb = ([r, g, b]: Rgb, alpha = 1) =>
  alpha === 1 ? `rgb(${r}, ${g}, ${b})` : `rgba(${r}, ${g}, ${b}, ${alpha})`;

/** Characters of a label beside the rows of a chart. */
export const longestLabel = { forest: 32, heatmap: 17 } as const;

/** The axes of chart `index`, as plotly names them in traces and in the layout. */
export const axisNames = (index: number) => {
  const number = index === 0 ? "" : String(index + 1);
  return { x: `x${number}`, y: `y${number}`, xLayout: `xaxis${number}`, yLayout: `yaxis${number}` };
};

/** What one chart adds to the figure. */
export interface Part {
  readonly traces: Record<string, unknown>[];
  readonly axes: Record<string, unknown>;
  readonly shapes: object[];
  readonly annotations: object[];
}

/** Where the chart lies in the figure, from 0 to 1 along each axis. */
export interface Domain {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** An axis of a chart in the colours of a theme. */
export function axisOf(
  title: string,
  theme: Theme,
  domain: readonly number[],
  anchor: string,
): Record<string, unknown> {
  const { soft, grid, line } = inks[theme];
  return {
    title: { text: plain(title), standoff: 6, font: { color: soft, size: 11 } },
    domain,
    anchor,
    gridcolor: grid,
    zerolinecolor: line,
    linecolor: line,
    tickfont: { color: soft },
    automargin: false,
    fixedrange: false,
  };
}

/**
 * Ticks at the places of labels; a label in several where they would touch. Of one that is longer than there is room the
 * end is left out, which the dots say: plotly would cut off its beginning.
 */
export function labelTicks(
  labels: readonly string[],
  most: number,
  longest = Infinity,
): Record<string, unknown> {
  const every = Math.max(1, Math.ceil(labels.length / most));
  const shown = labels.map((_, i) => i).filter((i) => i % every === 0);
  return {
    tickmode: "array",
    tickvals: shown,
    ticktext: shown.map((i) => plain(fitted(labels[i]!, longest))),
  };
}

function fitted(label: string, longest: number): string {
  const all = [...label];
  return all.length <= longest ? label : `${all.slice(0, longest - 1).join("")}…`;
}

/** Plotly reads a few tags in texts; names come from anywhere and are shown as they are. */
export function plain(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

/** A dotted line across a chart, at a reference. */
export const crossing = (theme: Theme, axes: object, place: object) => ({
  type: "line",
  line: { color: inks[theme].line, width: 1, dash: "dot" },
  layer: "below",
  ...axes,
  ...place,
});

interface WithLimits {
  readonly low: readonly (number | null)[] | null;
  readonly high: readonly (number | null)[] | null;
}

/** ` [0.08, 0.16]`, or nothing. */
export function limitsAt({ low, high }: WithLimits, at: number): string {
  const [from, to] = [low?.[at], high?.[at]];
  if (typeof from !== "number" || typeof to !== "number") return "";
  return ` [${Number(from.toPrecision(4))}, ${Number(to.toPrecision(4))}]`;
}

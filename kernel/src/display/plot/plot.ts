import { inspect } from "node:util";
import { displaySymbol, type Bundle, type Displayable } from "../bundle.js";
import { checkNames } from "../checkNames.js";
import { checkPlot } from "../payload/parsePlot.js";
import { plotType, type Chart, type Menu, type PlotPayload, type PlotView } from "../payload/plot.js";
import type { Provenance } from "../payload/provenance.js";
import { plotPicture } from "./picture.js";
import { describe, plotText } from "./words.js";

/** Charts ready to be shown: as a cell's last expression, or by `display(…)`. */
export interface Plot extends Displayable {
  readonly payload: PlotPayload;
  readonly bundle: Bundle;
}

/** Charts chosen by drop-downs, such as model, category and metric. */
export interface Choices {
  readonly menus: readonly Menu[];
  /** One for each choice that was measured; the first is shown first. */
  readonly views: readonly PlotView[];
}

export interface PlotOptions {
  readonly title?: string;
  /** What the charts show, for whoever cannot see them. Default: made from the numbers. */
  readonly description?: string;
  /** What a reader must know, such as which rows were left out. */
  readonly notes?: readonly string[];
  readonly provenance?: Provenance;
}

const optionNames = { title: true, description: true, notes: true, provenance: true } as const;
const chartKinds = "bars, forest, heatmap or lines";

/**
 * One chart, several side by side, or charts that drop-downs choose: interactive in JupyterLab, from the saved notebook
 * alone; a picture of the first view, and all views as text, elsewhere.
 * Throws one line when values do not fit their labels, a choice is not offered, two views answer one choice, or a second chart
 * is given outside a list.
 */
export function plot(charts: Chart | readonly Chart[] | Choices, options: PlotOptions = {}): Plot {
  if ("kind" in options)
    throw new TypeError("plot of several charts: give them as one list, plot([first, second])");
  checkNames("plot", options, optionNames);
  const { menus, views } = choicesOf(charts);
  const first = views[0]?.charts[0];
  if (first === undefined) throw new RangeError("a plot needs at least one chart");
  const title = options.title ?? first.title;
  const { notes = [], provenance = null } = options;
  const description = options.description ?? describe(views[0]!.charts);
  const payload: PlotPayload = { title, description, menus, views, notes, provenance };
  checkPlot(payload);
  const { png, width, height } = plotPicture(payload);
  const text = plotText(payload);
  const bundle: Bundle = {
    data: { [plotType]: payload, "image/png": png.toString("base64"), "text/plain": text },
    metadata: { "image/png": { alt: `${title}. ${description}`, width, height } },
  };
  const made = { payload, bundle, [displaySymbol]: () => bundle, [inspect.custom]: () => text };
  return made;
}

function choicesOf(charts: Chart | readonly Chart[] | Choices): Choices {
  if (typeof charts !== "object" || charts === null)
    throw new TypeError(`plot of ${String(charts)}: give ${chartKinds}`);
  if ("views" in charts) return charts;
  const list = "kind" in charts ? [charts] : charts;
  const odd = list.findIndex((chart) => typeof chart?.kind !== "string");
  if (odd >= 0) throw new TypeError(`plot of ${inspect(list[odd])} as chart ${odd}: give ${chartKinds}`);
  return { menus: [], views: [{ choice: [], charts: list }] };
}

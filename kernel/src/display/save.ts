import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { bundleOf, type Displayable } from "./bundle.js";
import { metricsCsv } from "./metrics/export.js";
import { metricsType, type MetricsPayload } from "./payload/metrics.js";
import { plotType, type PlotPayload } from "./payload/plot.js";
import { plotVector } from "./plot/picture.js";

/**
 * Writes what a notebook shows to files that a paper uses: `STEM.png` of a figure, and `STEM.svg` of charts, `STEM.tex` and `STEM.csv` of a table of
 * metrics, and `STEM.json` of the numbers behind either. Equal values give equal bytes. Returns the paths; throws one line for
 * what has neither picture nor table.
 */
export function save(shown: Displayable, stem: string): string[] {
  const [ending] = /\.(png|svg|tex|csv|json|html|pdf)$/i.exec(String(stem)) ?? [];
  if (ending !== undefined)
    throw new Error(`save "${stem}": leave out ${ending}, the files have the name with an ending each`);
  const { data } = bundleOf(shown);
  const files: [string, string | Buffer][] = [];
  const picture = data["image/png"];
  const latex = data["text/latex"];
  if (typeof picture === "string") files.push([`${stem}.png`, Buffer.from(picture, "base64")]);
  if (typeof latex === "string") files.push([`${stem}.tex`, latex]);
  const charts = data[plotType] as PlotPayload | undefined;
  if (charts !== undefined) files.push([`${stem}.svg`, plotVector(charts)]);
  if (files.length === 0)
    throw new Error(`save "${stem}": only figures and tables of metrics are files of a paper`);
  const table = data[metricsType] as MetricsPayload | undefined;
  if (table !== undefined) files.push([`${stem}.csv`, metricsCsv(table.rows)]);
  const payload = Object.entries(data).find(([type]) => type.startsWith("application/vnd.vitrail."));
  if (payload !== undefined) files.push([`${stem}.json`, `${JSON.stringify(payload[1], null, 1)}\n`]);
  mkdirSync(dirname(stem), { recursive: true });
  for (const [path, content] of files) writeFileSync(path, content);
  return files.map(([path]) => path);
}

import { inspect } from "node:util";
import { bundleOf, displaySymbol, type Bundle, type Displayable } from "../bundle.js";
import { metricsType, type MetricRow, type MetricsPayload } from "../payload/metrics.js";
import { table } from "../table.js";
import { buildMetrics } from "./build.js";
import { captionOf, metricsCsv, metricsJson, metricsLatex, printedColumns } from "./export.js";

/** Rows of metrics, ready to be shown by `display(…)` or as a cell's last expression, and to be written to a file. */
export interface MetricsTable extends Displayable {
  readonly rows: readonly MetricRow[];
  readonly payload: MetricsPayload;
  readonly bundle: Bundle;
  csv(): string;
  json(): string;
  /** A table in the style of the LaTeX package booktabs. */
  latex(): string;
}

export interface MetricsOptions {
  readonly title?: string;
  readonly notes?: readonly string[];
}

/**
 * A table of metrics: sortable, with intervals and colours, in JupyterLab; as HTML, LaTeX and text elsewhere. Columns
 * that are the same in all rows are said once.
 */
export function metrics(
  rows: readonly MetricRow[],
  { title = "Metrics", notes = [] }: MetricsOptions = {},
): MetricsTable {
  const payload = buildMetrics(rows, title, notes);
  const latex = () => metricsLatex(payload);
  const plain = bundleOf(
    table(
      rows,
      printedColumns(payload).map(({ title, of }) => ({ title, value: of })),
      captionOf(payload),
    ),
  ).data;
  const bundle: Bundle = {
    data: {
      [metricsType]: payload,
      "text/html": plain["text/html"],
      "text/latex": latex(),
      "text/plain": plain["text/plain"],
    },
    metadata: {},
  };
  return {
    rows,
    payload,
    bundle,
    csv: () => metricsCsv(rows),
    json: () => metricsJson(rows),
    latex,
    [displaySymbol]: () => bundle,
    ...{ [inspect.custom]: () => plain["text/plain"] },
  };
}

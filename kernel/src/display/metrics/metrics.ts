import { inspect } from "node:util";
import { bundleOf, displaySymbol, type Bundle, type Displayable } from "../bundle.js";
import { checkNames } from "../checkNames.js";
import { escapeHtml } from "../escape.js";
import { metricsType, type MetricRow, type MetricsPayload } from "../payload/metrics.js";
import { table } from "../table.js";
import { buildMetrics } from "./build.js";
import { metricsCsv, metricsJson, metricsLatex } from "./export.js";
import { superscript } from "./marks.js";
import { captionOf, footOf, printedColumns } from "./printed.js";

/** Rows of metrics, ready to be shown by `display(…)` or as a cell's last expression, and to be written to a file. */
export interface MetricsTable extends Displayable {
  readonly rows: readonly MetricRow[];
  readonly payload: MetricsPayload;
  readonly bundle: Bundle;
  /** Every column, below its name, and numbers in full; what is not defined is empty. */
  csv(): string;
  /** One object a row, in a list. */
  json(): string;
  /** A table in the style of the LaTeX package booktabs. */
  latex(): string;
}

export interface MetricsOptions {
  readonly title?: string;
  /** What a reader must know; caveats that the rows themselves call for are added after them. */
  readonly notes?: readonly string[];
}

/**
 * A table of metrics: sortable, with intervals and colours, in JupyterLab; as HTML, LaTeX and text elsewhere. Columns
 * that are the same in all rows are said once.
 */
export function metrics(rows: readonly MetricRow[], options: MetricsOptions = {}): MetricsTable {
  checkNames("metrics", options, { title: true, notes: true });
  const { title = "Metrics", notes = [] } = options;
  const payload = buildMetrics(rows, title, notes);
  const latex = () => metricsLatex(payload);
  const plain = bundleOf(
    table(
      rows,
      printedColumns(payload).map(({ title, of, mark }) => ({
        title,
        value: (row: MetricRow) => of(row) + superscript(mark(row)),
      })),
      captionOf(payload),
    ),
  ).data;
  const foot = footOf(payload).map(({ mark, text }) => `${superscript(mark)} ${text}`.trimStart());
  const text = [plain["text/plain"], ...foot].join("\n");
  const bundle: Bundle = {
    data: {
      [metricsType]: payload,
      "text/html": [plain["text/html"], ...foot.map((line) => `<p>${escapeHtml(line)}</p>`)].join(""),
      "text/latex": latex(),
      "text/plain": text,
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
    ...{ [inspect.custom]: () => text },
  };
}

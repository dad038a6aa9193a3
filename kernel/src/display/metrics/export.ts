import { csvFormatRows } from "d3-dsv";
import { metricColumns, printMetric, type MetricRow, type MetricsPayload } from "../payload/metrics.js";

/** Rows as CSV with a header, all columns, numbers in full; what is not defined is empty. */
export function metricsCsv(rows: readonly MetricRow[]): string {
  const cells = rows.map((row) => metricColumns.map((name) => (row[name] === null ? "" : String(row[name]))));
  return `${csvFormatRows([[...metricColumns], ...cells])}\n`;
}

/** Rows as JSON, one object a row. */
export function metricsJson(rows: readonly MetricRow[]): string {
  return `${JSON.stringify(rows, null, 1)}\n`;
}

const special: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "<": "\\textless{}",
  ">": "\\textgreater{}",
};

/** Text made safe in LaTeX. */
export function escapeLatex(text: string): string {
  return text
    .replace(/[\\~^<>&%$#_{}]/g, (character) => special[character] ?? `\\${character}`)
    .replace(/−/g, "$-$")
    .replace(/·/g, "$\\cdot$")
    .replace(/–/g, "--");
}

const limits = new Set<keyof MetricRow>(["low", "high"]);

/** How numbers were found, each way once: too long for a column, it stands in the caption of a printed table. */
export function methodsOf({ columns, rows }: MetricsPayload): string[] {
  if (!columns.includes("method")) return [];
  return [...new Set(rows.map(({ method }) => method))].filter((method) => method !== "");
}

/** The title, what is the same in all rows, methods and notes. */
export function captionOf(payload: MetricsPayload): string {
  const { title, constant, notes } = payload;
  const told = Object.entries(constant).map(([name, value]) => `${name} ${String(value)}`);
  return [title, ...told, ...methodsOf(payload), ...notes].join(" · ");
}

/** The columns of a printed table: the limits stand in one, and methods in the caption. */
export function printedColumns({
  columns,
}: MetricsPayload): { title: string; of: (row: MetricRow) => string }[] {
  const printed: { title: string; of: (row: MetricRow) => string }[] = [];
  for (const name of columns) {
    if (name === "method") continue;
    if (name === "estimate" || name === "p" || name === "adjusted")
      printed.push({
        title: name === "adjusted" ? "p adj." : name,
        of: (row) => printMetric(row[name], name === "estimate" ? "estimate" : "p"),
      });
    else if (!limits.has(name))
      printed.push({ title: name, of: (row) => (row[name] === null ? "–" : String(row[name])) });
    else if (printed.at(-1)?.title !== "interval")
      printed.push({
        title: "interval",
        of: ({ low, high }) =>
          low === null && high === null ? "–" : `[${printMetric(low)}, ${printMetric(high)}]`,
      });
  }
  return printed;
}

/** A LaTeX table in the style of the package booktabs. */
export function metricsLatex(payload: MetricsPayload): string {
  const columns = printedColumns(payload);
  const numeric = new Set(["estimate", "interval", "p", "p adj.", "n", "templates", "seeds", "seed"]);
  const line = (cells: readonly string[]) => `  ${cells.map(escapeLatex).join(" & ")} \\\\`;
  return [
    "\\begin{table}",
    `  \\caption{${escapeLatex(captionOf(payload))}}`,
    "  \\centering",
    `  \\begin{tabular}{${columns.map(({ title }) => (numeric.has(title) ? "r" : "l")).join("")}}`,
    "  \\toprule",
    line(columns.map(({ title }) => title)),
    "  \\midrule",
    ...payload.rows.map((row) => line(columns.map(({ of }) => of(row)))),
    "  \\bottomrule",
    "  \\end{tabular}",
    "\\end{table}",
    "",
  ].join("\n");
}

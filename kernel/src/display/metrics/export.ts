import { csvFormatRows } from "d3-dsv";
import { metricColumns, type MetricRow, type MetricsPayload } from "../payload/metrics.js";
import { captionOf, footOf, printedColumns } from "./printed.js";

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
  "|": "\\textbar{}",
};

/** What pdflatex has no letter for. */
const symbols: Readonly<Record<string, string>> = {
  "→": "$\\rightarrow$",
  "≤": "$\\leq$",
  "≥": "$\\geq$",
  "≈": "$\\approx$",
  "×": "$\\times$",
  "±": "$\\pm$",
  χ: "$\\chi$",
  "²": "$^2$",
};

/** Text made safe in LaTeX. */
export function escapeLatex(text: string): string {
  return text
    .replace(/[\\~^<>|&%$#_{}]/g, (character) => special[character] ?? `\\${character}`)
    .replace(/−/g, "$-$")
    .replace(/·/g, "$\\cdot$")
    .replace(/–/g, "--")
    .replace(/[→≤≥≈×±χ²]/g, (character) => symbols[character]!);
}

const raisedLatex = (mark: string) => (mark === "" ? "" : `$^{${mark}}$`);

/** A LaTeX table in the style of the package booktabs, with methods and notes below it. */
export function metricsLatex(payload: MetricsPayload): string {
  const columns = printedColumns(payload);
  // What follows the end of a row in brackets or as a star LaTeX takes for an option of that end.
  const line = (cells: readonly string[]) =>
    `  ${/^[[*]/.test(cells[0]!) ? "{}" : ""}${cells.join(" & ")} \\\\`;
  const foot = footOf(payload).map(
    ({ mark, text }) => `  ${mark === "" ? "" : `${raisedLatex(mark)} `}${escapeLatex(text)}\\par`,
  );
  return [
    "\\begin{table}",
    `  \\caption{${escapeLatex(captionOf(payload))}}`,
    "  \\centering",
    `  \\begin{tabular}{${columns.map((column) => (column.numeric ? "r" : "l")).join("")}}`,
    "  \\toprule",
    line(columns.map(({ title }) => escapeLatex(title))),
    "  \\midrule",
    ...payload.rows.map((row) =>
      line(columns.map(({ of, mark }) => escapeLatex(of(row)) + raisedLatex(mark(row)))),
    ),
    "  \\bottomrule",
    "  \\end{tabular}",
    ...(foot.length === 0 ? [] : ["  \\par\\raggedright\\footnotesize", ...foot]),
    "\\end{table}",
    "",
  ].join("\n");
}

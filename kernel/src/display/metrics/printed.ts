import { printMetric, type MetricRow, type MetricsPayload } from "../payload/metrics.js";
import { marksOf } from "./marks.js";

/** A column of a printed table. */
export interface PrintedColumn {
  readonly title: string;
  readonly numeric: boolean;
  readonly of: (row: MetricRow) => string;
  /** The letter of how the row's numbers were found, or "": it stands beside the estimate. */
  readonly mark: (row: MetricRow) => string;
}

const numeric = new Set<keyof MetricRow>([
  ...(["seed", "n", "templates", "seeds", "estimate", "effect", "draws", "p", "adjusted"] as const),
]);

/** The columns of a printed table: the limits stand in one, and a letter for the method. */
export function printedColumns(payload: MetricsPayload): PrintedColumn[] {
  const marks = marksOf(payload);
  const none = () => "";
  return payload.columns.flatMap((name): PrintedColumn[] => {
    if (name === "method" || name === "high") return [];
    if (name === "low") {
      const of = ({ low, high }: MetricRow) =>
        low === null && high === null ? "–" : `[${printMetric(low)}, ${printMetric(high)}]`;
      return [{ title: "interval", numeric: true, of, mark: none }];
    }
    if (name === "estimate")
      return [
        {
          title: name,
          numeric: true,
          of: ({ estimate }) => printMetric(estimate),
          mark: ({ method }) => marks.get(method) ?? "",
        },
      ];
    const title = name === "adjusted" ? "p adj." : name;
    const of = (row: MetricRow) =>
      name === "effect"
        ? printMetric(row.effect)
        : name === "p" || name === "adjusted"
          ? printMetric(row[name], "p")
          : String(row[name] ?? "–");
    return [{ title, numeric: numeric.has(name), of, mark: none }];
  });
}

/** The title, and what is the same in all rows. */
export function captionOf({ title, constant }: MetricsPayload): string {
  const told = Object.entries(constant).map(([name, value]) => `${name} ${String(value)}`);
  return [title, ...told].join(" · ");
}

/** What stands below a printed table: what each letter means, and the notes, which have none. */
export function footOf(payload: MetricsPayload): { readonly mark: string; readonly text: string }[] {
  return [
    ...[...marksOf(payload)].map(([text, mark]) => ({ mark, text })),
    ...payload.notes.map((text) => ({ mark: "", text })),
  ];
}

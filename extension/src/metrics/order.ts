import type { MetricRow } from "vitrail/payload";

/** By which column rows stand, and which way. */
export interface Order {
  readonly column: keyof MetricRow;
  readonly descending: boolean;
}

/** The order after a column's header was pressed: that column rising, then falling. */
export function pressed(order: Order | null, column: keyof MetricRow): Order {
  return { column, descending: order?.column === column && !order.descending };
}

/** Rows in an order; equal ones stay as they stood, and what is not defined stands last either way. */
export function ordered(rows: readonly MetricRow[], order: Order | null): readonly MetricRow[] {
  if (order === null) return rows;
  const { column, descending } = order;
  return [...rows].sort((one, other) => {
    const [a, b] = [one[column], other[column]];
    if (a === null || b === null) return Number(a === null) - Number(b === null);
    const found = typeof a === "number" && typeof b === "number" ? a - b : compare(String(a), String(b));
    return descending ? -found : found;
  });
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

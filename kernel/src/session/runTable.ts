import { table, type Table, type TensorSource } from "../display/index.js";
import { printNumber } from "../display/payload/words.js";
import { statisticsOf } from "../display/tensor/statistics.js";
import { subjectOf } from "../display/tensor/subject.js";
import { printShape } from "../graph/shape.js";
import type { Token } from "./types.js";

/** A value that a run brought back. */
export type Part = TensorSource & { readonly name: string };

/** So many values are told one by one; of the rest only how many they are. */
const mostParts = 40;

/**
 * What a run brought back: every value by name with its shape, and smallest, mean and largest of its finite values, computed
 * now, padding left out where it is known which axes have some.
 *
 * @param title what it was, such as its call
 */
export function runTable(
  title: string,
  tokens: readonly (readonly Token[])[],
  parts: readonly Part[],
): Table<unknown> {
  const rows = parts.slice(0, mostParts).map((part) => {
    const { name, shape } = part;
    const { min, mean, max, odd } = ends(part);
    return { name, shape: printShape(shape), min, mean, max, odd };
  });
  const rest = parts.length - rows.length;
  if (rest > 0) rows.push({ name: `… and ${rest} more`, shape: "", min: "", mean: "", max: "", odd: "" });
  const columns = ["name", "shape", "min", "mean", "max"] as const;
  const shown = rows.some(({ odd }) => odd !== "") ? ([...columns, "odd"] as const) : columns;
  return table(
    rows,
    shown.map((key) => ({ title: key === "odd" ? "not finite" : key, value: (row) => row[key] })),
    `${title} · ${printRows(tokens)}${parts.length === 0 ? " · nothing came back" : ""}`,
  );
}

function ends(part: Part): Record<"min" | "mean" | "max" | "odd", string> {
  const subject = part.data.length === 0 ? undefined : subjectOf(part);
  const { min, mean, max, ...counts } = statisticsOf(subject?.values ?? new Float32Array());
  const print = (value: number | null) => (value === null ? "–" : printNumber(value));
  const odd = [
    [counts.nan, "NaN"],
    [counts.positiveInfinity, "∞"],
    [counts.negativeInfinity, "−∞"],
  ] as const;
  const some = odd.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  return { min: print(min), mean: print(mean), max: print(max), odd: some.join(", ") };
}

/** `1 row of 6 tokens`, `3 rows of 2 to 5 tokens` */
export function printRows(tokens: readonly (readonly Token[])[]): string {
  const lengths = tokens.map((row) => row.length);
  const [least, most] = [Math.min(...lengths), Math.max(...lengths)];
  const count = least === most ? `${most}` : `${least} to ${most}`;
  return `${tokens.length} ${tokens.length === 1 ? "row" : "rows"} of ${count} ${most === 1 ? "token" : "tokens"}`;
}

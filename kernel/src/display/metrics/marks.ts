import type { MetricRow, MetricsPayload } from "../payload/metrics.js";

// Without q, which Unicode raised so late that few fonts have it.
const letters = "abcdefghijklmnoprstuvwxyz";
const raised = [..."ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ"];

/** a, b, … z, aa, ab, … */
function letterAt(place: number): string {
  const before = Math.floor(place / letters.length);
  return (before === 0 ? "" : letterAt(before - 1)) + letters[place % letters.length]!;
}

/** A mark as raised letters of plain text. */
export function superscript(mark: string): string {
  return [...mark].map((letter) => raised[letters.indexOf(letter)]!).join("");
}

/**
 * A letter for each way in which numbers were found, where rows differ in it: too long for a column, it stands below a
 * printed table, and its letter in the row.
 */
export function marksOf({ columns, rows }: MetricsPayload): ReadonlyMap<MetricRow["method"], string> {
  if (!columns.includes("method")) return new Map();
  const methods = [...new Set(rows.map(({ method }) => method))].filter((method) => method !== "");
  return new Map(methods.map((method, place) => [method, letterAt(place)]));
}

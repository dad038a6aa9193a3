import { randomNumbers } from "../../session/sampling.js";
import type { Prediction } from "../metrics/prediction.js";

/**
 * The class whose name comes first in a text, whatever its case, the longest of those that begin there; null when none does. So
 * "not sure" is read as that, and not as "no".
 */
export function readLabel(text: string, classes: readonly string[]): number | null {
  const places = classes.map((name) => text.toLowerCase().indexOf(name.toLowerCase()));
  const first = Math.min(...places.filter((place) => place !== -1));
  if (first === Infinity) return null;
  const there = [...classes.keys()].filter((i) => places[i] === first);
  return there.reduce((best, i) => (classes[i]!.length > classes[best]!.length ? i : best));
}

/**
 * Predictions with a random class where none could be read. Published tables were made so; it moves every rate towards
 * chance, the more the less a model was understood. Use it to compare with them only.
 */
export function publishedFallback(
  rows: readonly Prediction[],
  classes: readonly string[],
  seed: number,
): Prediction[] {
  const random = randomNumbers(seed);
  return rows.map((row) =>
    row.predicted === null ? { ...row, predicted: Math.floor(random() * classes.length) } : row,
  );
}

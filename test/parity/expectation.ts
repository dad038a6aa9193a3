import { expect } from "vitest";
import { distance, otherBest, tolerance, unpadded } from "./closeness.js";
import type { Golden, Values } from "./goldens.js";

/** A hook point of a padded batch, whole. */
export interface Observed extends Values {
  readonly point: {
    readonly name: string;
    readonly axes: readonly string[];
    readonly aliases?: readonly string[];
  };
}

/** Row `row` of what was observed, as the golden row holds it. */
export function observedRow(observed: Observed, golden: Golden, row: number): Values {
  const { axes } = observed.point;
  return unpadded(observed, axes, row, golden.rows[row]!.ids.length);
}

export function expectedRow(golden: Golden, name: string, row: number): Values {
  return golden.rows[row]!.points.get(name)!;
}

/** Differences from transformers, worst first, as multiples of the tolerance; empty when all are within it. */
export function departures(golden: Golden, observed: ReadonlyMap<string, Observed>): string[] {
  const found: { ratio: number; line: string }[] = [];
  for (const [name, point] of observed) {
    golden.rows.forEach((_, row) => {
      const expected = expectedRow(golden, name, row);
      const away = distance(observedRow(point, golden, row), expected);
      const ratio = away / tolerance(expected);
      if (!(ratio <= 1)) found.push({ ratio, line: `${name} row ${row}: ${away.toPrecision(3)}` });
    });
  }
  return found.sort((a, b) => b.ratio - a.ratio).map((d) => d.line);
}

/** Everything that parity with transformers asks of one model's observed points, and a control that it can fail. */
export function expectParity(golden: Golden, observed: ReadonlyMap<string, Observed>): void {
  expect([...observed.keys()].sort()).toEqual([...golden.rows[0]!.points.keys()].sort());
  expect(departures(golden, observed)).toEqual([]);
  golden.rows.forEach((_, row) => {
    const logits = observed.get("logits")!;
    expect(otherBest(observedRow(logits, golden, row), expectedRow(golden, "logits", row))).toEqual([]);
  });

  // The same comparison finds every point of another layer wrong, so it can fail.
  for (const [name, point] of observed) {
    const other = name.replace(/^layers\.0\./, "layers.1.");
    if (other === name) continue;
    const expected = expectedRow(golden, other, 0);
    expect(distance(observedRow(point, golden, 0), expected), `${name} as ${other}`).toBeGreaterThan(
      100 * tolerance(expected),
    );
  }
}

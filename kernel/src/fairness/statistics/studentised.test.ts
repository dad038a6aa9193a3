import { expect, test } from "vitest";
import { bootstrapGaps } from "./bootstrapGaps.js";
import { clustersOf } from "./clusters.js";
import { tQuantile } from "./distributions.js";
import { gapErrorsOf } from "./gapErrors.js";
import { deviationOf, meanOf } from "./mean.js";
import type { Outcome } from "./outcome.js";

const row = (group: string, template: string, value: number, stratum = "0"): Outcome => ({
  group,
  template,
  stratum,
  value,
});
/** One row of both groups in each template. */
const paired = (pairs: readonly (readonly [number, number])[], stratum = "0") =>
  pairs.flatMap(([a, b], i) => [
    row("a", `${stratum}.${i}`, a, stratum),
    row("b", `${stratum}.${i}`, b, stratum),
  ]);
const some = [
  [1, 0.25],
  [0.5, 0.75],
  [0.75, 0],
  [0.25, 0.5],
  [1, 0],
  [0, 0.25],
  [0.5, 0.5],
  [0.75, 1],
] as const;
const errorsOf = (outcomes: readonly Outcome[]) => {
  const clusters = clustersOf(outcomes);
  return gapErrorsOf(clusters, clusters.strata)(new Float64Array(clusters.sums.length).fill(1)).errors;
};

test("where templates have a row of both groups, the error is that of a mean of their differences", () => {
  const differences = some.map(([a, b]) => a - b);
  const error = deviationOf(differences) / Math.sqrt(some.length) / 2;
  for (const found of errorsOf(paired(some))) expect(found).toBeCloseTo(error, 12);
  const [first] = bootstrapGaps(paired(some), { method: "t" }).groups;
  const half = tQuantile(0.975, 7) * error;
  expect(first!.gap.estimate).toBeCloseTo(meanOf(differences) / 2, 12);
  expect(first!.gap.high - first!.gap.low).toBeCloseTo(2 * half, 12);
  expect(first!.gap.method).toBe("t over 8 templates");
});

test("of several strata errors add up as those of a stratified sample do", () => {
  const other = some.map(([a, b]): [number, number] => [a + 3, b]);
  const within = deviationOf(some.map(([a, b]) => a - b)) / Math.sqrt(some.length) / 2;
  for (const found of errorsOf([...paired(some), ...paired(other, "1")]))
    expect(found).toBeCloseTo(Math.sqrt(within ** 2 / 2), 12);
});

test("limits lie around the gap as far on either side, and the same seed gives them again", () => {
  const options = { resamples: 500, seed: 4 };
  const { groups } = bootstrapGaps(paired(some), options);
  for (const { gap } of groups) {
    expect(gap.high - gap.estimate).toBeCloseTo(gap.estimate - gap.low, 12);
    expect(gap.high - gap.low).toBeGreaterThan(0.1);
    expect(gap.method).toBe("studentised bootstrap, 500, seed 4");
  }
  expect(bootstrapGaps(paired(some), options).groups).toEqual(groups);
  const wide = bootstrapGaps(paired(some), { ...options, confidence: 0.99 }).groups[0]!.gap;
  expect(wide.high).toBeGreaterThan(groups[0]!.gap.high);
});

test("the unit of values changes nothing but the limits' unit", () => {
  const scaled = some.map(([a, b]): [number, number] => [a * 1e-9, b * 1e-9]);
  const [plain, small] = [some, scaled].map(
    (pairs) => bootstrapGaps(paired(pairs), { resamples: 300 }).groups[0]!.gap,
  );
  expect(small!.low * 1e9).toBeCloseTo(plain!.low, 9);
});

test("where too many resamples have nothing that differs there are no limits, and it is said", () => {
  const one = paired([
    [1, 0],
    [0, 0],
    [0, 0],
    [0, 0],
  ]);
  // The one template that differs is missing from (3/4)⁴ of resamples, and those without another are few.
  const { gap } = bootstrapGaps(one, { resamples: 2000 }).groups[0]!;
  expect(gap).toMatchObject({ low: NaN, high: NaN });
  const [, alike] = /^no bootstrap limits: in (\d+) of 2000 resamples, seed 0, all templates are alike/.exec(
    gap.method,
  )!;
  const share = (3 / 4) ** 4 + (1 / 4) ** 4;
  expect(Math.abs(Number(alike) / 2000 - share)).toBeLessThan(4 * Math.sqrt((share * (1 - share)) / 2000));
});

import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import { goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { adjustRows } from "./adjustRows.js";
import { permutationsFor } from "./compared.js";
import { gapRows } from "./gapRows.js";

const quick = { interval: { resamples: 200 }, permutation: { permutations: 199 } };

test("a second correction replaces the first", () => {
  const rows = gapRows(goldenRows, { classes, metrics: ["accuracy"], ...quick });
  const again = adjustRows(rows, undefined, "benjaminiHochberg");
  expect(again.find(({ p }) => p !== null)!.correction).toBe("Benjamini–Hochberg over 4");
  expect(again.filter(({ p }) => p === null)).toEqual(rows.filter(({ p }) => p === null));
});

test("where Holm cannot let any p fall to 0.05 the correction says so, and by default it can", () => {
  const options = { classes, metrics: ["accuracy"], interval: { resamples: 50 } };
  const few = gapRows(goldenRows, { ...options, permutation: { permutations: 39 } });
  const gaps = few.filter(({ metric }) => metric === "accuracy_gap");
  for (const { correction, method } of gaps) {
    expect(correction).toBe("Holm over 3, which cannot fall below 0.075: 39 permutations for 3 tests");
    expect(method).not.toContain("Holm");
  }
  expect(few.find(({ metric }) => metric === "accuracy_span")!.correction).toBe("Holm over 1");
  expect(adjustRows(gaps)).toEqual(gaps);
  for (const { correction } of adjustRows(gaps, undefined, "benjaminiHochberg"))
    expect(correction).toBe("Benjamini–Hochberg over 3");
  // Three models of 90 gaps each are a family that 10,000 permutations let fall to 0.027, and 2,000 do not.
  const many = (permutations: number) =>
    Array.from({ length: 270 }, () => ({
      ...gaps[0]!,
      draws: permutations,
      method: "permutation within templates",
    }));
  expect(adjustRows(many(10_000))[0]!.correction).toBe("Holm over 270");
  expect(adjustRows(many(2000))[0]!.correction).toContain("cannot fall below 0.135");
  expect(permutationsFor(12)).toEqual({ permutations: 10_000 });
  expect(permutationsFor(700)).toEqual({ permutations: 28_000 });
  expect(permutationsFor(700, { permutations: 99, seed: 3 })).toEqual({ permutations: 99, seed: 3 });
});

test("a test that could not be made shows no p and is left out of its family", () => {
  const rows = goldenRows.map((row, i) => (i === 0 ? { ...row, probabilities: [NaN, 0.5, 0.5] } : row));
  const found = gapRows(rows, {
    classes,
    metrics: ["negative_probability", "accuracy"],
    ...quick,
  });
  const gaps = found.filter(({ metric }) => metric.endsWith("_gap"));
  const [untested, tested] = [gaps.slice(0, 3), gaps.slice(3)];
  expect(untested.every(({ p, adjusted }) => p === null && adjusted === null)).toBe(true);
  expect(tested.every(({ p, correction }) => p! > 0 && correction === "Holm over 3")).toBe(true);
  expect(() => metrics(found)).not.toThrow();
  const [one, other] = adjustRows([
    { ...tested[0]!, p: 0.04 },
    { ...tested[1]!, p: NaN },
  ]);
  expect(one).toMatchObject({ p: 0.04, adjusted: 0.04 });
  expect(other!.correction).toBe(tested[1]!.correction);
});

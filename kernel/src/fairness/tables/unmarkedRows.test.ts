import { expect, test } from "vitest";
import type { MetricRow } from "../../display/index.js";
import { goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { detectableRows } from "./detectableRows.js";
import { gapRows, rateRows } from "./gapRows.js";
import { pairRows } from "./pairRows.js";

const quick = { interval: { resamples: 200 }, permutation: { permutations: 199 } };

test("the unmarked control has its rate, and changes no gap unless it is kept by name", () => {
  const control = goldenRows
    .filter(({ group }) => group === "old")
    .map((row) => ({ ...row, group: "unmarked", predicted: 0 }));
  const both = [...goldenRows, ...control];
  const options = { classes, metrics: ["accuracy", "negative_FPR"], ...quick };
  const isNamed = ({ group }: MetricRow) => group !== "unmarked";
  const found = gapRows(both, options);
  expect(found.filter(isNamed)).toEqual(gapRows(goldenRows, options));
  const own = found.filter((row) => !isNamed(row));
  expect(own.map(({ metric }) => metric)).toEqual(["accuracy", "negative_FPR", "coverage"]);
  expect(own[1]).toMatchObject({ category: "age", estimate: 1, n: 8, templates: 4, p: null });
  expect(pairRows(both, options)).toEqual(pairRows(goldenRows, options));
  const detectable = { classes, metrics: ["accuracy"] };
  expect(detectableRows(both, detectable)).toEqual(detectableRows(goldenRows, detectable));
  const kept = { age: [...new Set(both.map(({ group }) => group))] };
  const compared = gapRows(both, { ...options, kept });
  expect(compared.find((row) => !isNamed(row) && row.metric === "accuracy_gap")!.estimate).not.toBeNull();
  expect(compared.find(({ metric }) => metric === "accuracy_gap")!.estimate).not.toBe(
    found.find(({ metric }) => metric === "accuracy_gap")!.estimate,
  );
  const rates = rateRows(both, { classes });
  expect(rates.filter((row) => isNamed(row))).toEqual(rateRows(goldenRows, { classes }));
  expect(rates.find((row) => !isNamed(row) && row.metric === "accuracy_gap")!.estimate).toBeNull();
});

import { expect, test } from "vitest";
import { golden, goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { groupGaps, spans } from "./gaps.js";
import { confusionOf, ratesOf } from "./rates.js";

test("rates by group and their span are fairlearn's", () => {
  const found = groupGaps(goldenRows, { classes });
  const wide = spans(found);
  for (const [metric, { groups, span }] of Object.entries(golden.rates)) {
    for (const [group, value] of Object.entries(groups))
      expect(
        found.find((each) => each.group === group && each.metric === metric)!.value,
        `${metric} of ${group}`,
      ).toBeCloseTo(value, 12);
    expect(wide.find((each) => each.metric === metric)!.value, metric).toBeCloseTo(span, 12);
  }
  expect(golden.rates["negative_FPR"]!.span).toBeGreaterThan(0.01);
});

test("rows from which nothing was read lower coverage, not the number of rows", () => {
  const rows = [...goldenRows.slice(0, 3), { ...goldenRows[0]!, predicted: null }];
  expect(ratesOf(confusionOf(rows, 3))).toMatchObject({ n: 4, coverage: 0.75 });
});

test("no rows have no rates", () => {
  const { n, accuracy, coverage, classes: rates } = ratesOf(confusionOf([], 2));
  expect([n, accuracy, coverage, rates[0]!.tpr, rates[1]!.fpr]).toEqual([0, NaN, NaN, NaN, NaN]);
});

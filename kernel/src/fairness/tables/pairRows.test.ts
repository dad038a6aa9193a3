import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import { randomNumbers } from "../../session/sampling.js";
import { goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { adjust } from "../statistics/multiple.js";
import { gapRows } from "./gapRows.js";
import { pairRows } from "./pairRows.js";

const about = { dataset: "made up", model: "toy" };
const quick = { interval: { resamples: 200 }, permutation: { permutations: 199, seed: 2 } };

test("every two groups are a row of their difference, adjusted together by Holm", () => {
  const options = { classes, about, metrics: ["negative_FPR", "accuracy"], ...quick };
  const rows = pairRows(goldenRows, options);
  expect(rows).toHaveLength(2 * 3);
  expect(() => metrics([...gapRows(goldenRows, options), ...rows])).not.toThrow();
  const rates = gapRows(goldenRows, options).filter(({ metric }) => metric === "negative_FPR");
  const of = (group: string) => rates.find((row) => row.group === group)!;
  for (const row of rows.slice(0, 3)) {
    expect(row).toMatchObject({ ...about, category: "age", metric: "negative_FPR_difference" });
    const [first, second] = row.group.split(" − ") as [string, string];
    expect(row.estimate).toBeCloseTo(of(first).estimate! - of(second).estimate!, 12);
    expect(row.n).toBe(of(first).n + of(second).n);
    expect(row.method).toMatch(
      /^(studentised bootstrap, 200, seed 0|no bootstrap limits: .*); permutation of both groups within templates, 199, seed 2; check: Wilcoxon over 4 templates, p [01]\.\d{3}$/,
    );
    expect(row.correction).toBe("Holm over 6");
  }
  expect(rows.map(({ adjusted }) => adjusted)).toEqual(
    adjust(
      rows.map(({ p }) => p!),
      "holm",
    ),
  );
});

test("the group that differs is told from the others, and of two that do not differ nothing is claimed", () => {
  const random = randomNumbers(7);
  const rows = Array.from({ length: 40 }, (_, i) => `t${i}`).flatMap((template) =>
    ["old", "young", "adult"].map((group) => ({
      category: "age",
      group,
      template,
      label: 1,
      predicted: random() < (group === "old" ? 0.6 : 0.1) ? 0 : 1,
    })),
  );
  const found = pairRows(rows, { classes, metrics: ["negative_FPR"], interval: { resamples: 200 } });
  const claimed = found.filter(({ adjusted }) => adjusted! <= 0.05).map(({ group }) => group);
  expect(claimed).toEqual(["old − young", "old − adult"]);
  const [one] = pairRows(rows, {
    classes,
    metrics: ["negative_FPR"],
    kept: { age: ["young", "adult"] },
    ...quick,
  });
  expect(one!.group).toBe("young − adult");
  expect(one!.adjusted!).toBeGreaterThan(0.05);
});

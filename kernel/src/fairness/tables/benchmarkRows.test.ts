import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import { randomNumbers } from "../../session/sampling.js";
import type { BbqAnswer } from "../benchmarks/bbqScores.js";
import { clopperPearsonOfShare, wilson } from "../statistics/proportion.js";
import { bbqRows } from "./benchmarkRows.js";

type Row = BbqAnswer & { readonly item: { readonly category: string; readonly template: string } };

/** So many ambiguous items of every question, of which all are answered rightly or none is. */
const answers = (questions: readonly boolean[], each: number): Row[] =>
  questions.flatMap((right, template) =>
    Array.from({ length: each }, (): Row => {
      const known = { category: "Age", condition: "ambig", polarity: "neg" } as const;
      const item = { ...known, template: String(template), label: 2, unknown: 2, stereotyped: 0, target: 0 };
      return { item, answer: right ? 2 : 0 };
    }),
  );

test("BBQ's accuracy has limits over questions, and the published ones over items by name", () => {
  const rows = bbqRows(answers([true, false, true, true], 10), "formula");
  const [clusters, items] = rows.filter(({ metric }) => metric === "ambig_accuracy");
  expect(clusters).toMatchObject({ variant: "formula", estimate: 0.75, templates: 4, n: 40 });
  const { low, high } = wilson(30, 40);
  const method = "Wilson, items as independent";
  expect(items).toMatchObject({
    variant: "formula; items as independent",
    estimate: 0.75,
    low,
    high,
    method,
  });
  expect(clusters!.high! - clusters!.low!).toBeGreaterThan(high - low);
  expect(() => metrics(rows)).not.toThrow();
});

test("where every question is answered rightly, limits are those of as many items as there are questions", () => {
  const [row] = bbqRows(answers([true, true, true, true, true], 10), "formula");
  expect(row).toMatchObject({ estimate: 1, low: clopperPearsonOfShare(1, 5).low, high: 1 });
  expect(row!.method).toBe("Clopper–Pearson over 5 questions, which are alike");
});

test("limits over questions cover the true accuracy, those over items do not", () => {
  const random = randomNumbers(21);
  const [runs, truth] = [100, 0.6];
  const covered = { clusters: 0, items: 0 };
  for (let run = 0; run < runs; run++) {
    const right = Array.from({ length: 25 }, () => random() < truth);
    const rows = bbqRows(answers(right, 8), "formula").filter(({ metric }) => metric === "ambig_accuracy");
    rows.forEach(({ low, high }, i) => {
      if (low! <= truth && truth <= high!) covered[i === 0 ? "clusters" : "items"] += 1;
    });
  }
  expect(covered.clusters / runs).toBeGreaterThan(0.88);
  expect(covered.items / runs).toBeLessThan(0.65);
});

test("the bias of the paper's variant says that the paper prints a hundred times it", () => {
  const methods = (variant: "paper" | "formula") =>
    bbqRows(answers([true, false, false], 2), variant)
      .filter(({ metric }) => metric.endsWith("_bias"))
      .map(({ method }) => method.endsWith("; the paper prints 100 times this"));
  expect(methods("paper")).toEqual([true, true]);
  expect(methods("formula")).toEqual([false, false]);
  const [, bias] = bbqRows(answers([true, false, false], 2), "paper");
  // All four known answers are the target, with an error of two thirds: 66.7 as the paper prints it.
  expect(bias!.estimate).toBeCloseTo(2 / 3, 12);
});

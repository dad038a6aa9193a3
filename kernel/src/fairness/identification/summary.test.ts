import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import type { Judgement } from "./identify.js";
import type { IdentificationItem } from "./item.js";
import { promptGrid } from "./prompt.js";
import { balanced, effectRows, identificationRows, promptPairs } from "./summary.js";

const item = (id: number, biased: boolean): IdentificationItem => ({
  id: String(id),
  source: "BBQ",
  category: id % 2 ? "age" : "religion",
  cluster: String(id >> 1),
  context: "",
  question: "",
  candidate: "",
  biased,
});

const judged = (prompt: number, id: number, gold: boolean, biased: boolean | null): Judgement => ({
  item: item(id, gold),
  prompt: promptGrid[prompt]!,
  asked: "",
  biased,
  probability: null,
  text: "",
  rule: "none",
});

/** Eight items, half of them biased; under prompt k the first `right[k]` are judged rightly, the others wrongly. */
const judgements = (right: readonly number[]): Judgement[] =>
  right.flatMap((count, prompt) =>
    Array.from({ length: 8 }, (_, id) => {
      const gold = id < 4;
      return judged(prompt, id, gold, id < count ? gold : !gold);
    }),
  );

const cell = (rows: ReturnType<typeof identificationRows>, metric: string, category = "") =>
  rows.find((row) => row.metric === metric && row.category === category)!;

test("accuracy stands beside its baseline; what could not be read is wrong and lowers coverage", () => {
  const rows = identificationRows([
    judged(0, 0, true, true),
    judged(0, 1, true, true),
    judged(0, 2, true, null),
    judged(0, 3, false, true),
  ]);
  expect(cell(rows, "accuracy")).toMatchObject({ prompt: "basic", n: 4, estimate: 0.5, method: "Wilson" });
  expect(cell(rows, "majority_baseline").estimate).toBe(0.75);
  expect(cell(rows, "balanced_accuracy").estimate).toBeCloseTo(1 / 3, 12);
  expect(cell(rows, "macro_F1").estimate).toBeCloseTo((4 / 6 + 0) / 2, 12);
  expect(cell(rows, "yes_rate").estimate).toBe(0.75);
  expect(cell(rows, "coverage").estimate).toBe(0.75);
  expect(cell(rows, "accuracy", "age")).toMatchObject({ n: 2, estimate: 0.5 });
  expect(cell(rows, "balanced_accuracy", "religion").estimate).toBeNull();
  expect(() => metrics(rows)).not.toThrow();
});

test("always saying yes has a balanced accuracy of one half", () => {
  const rows = Array.from({ length: 10 }, (_, id) => judged(0, id, id < 8, true));
  expect(balanced(rows).accuracy).toBe(0.5);
  expect(balanced([])).toEqual({ accuracy: NaN, f1: NaN });
  expect(identificationRows([])).toEqual([]);
});

test("effects of the prompt's factors and their interaction, from the four accuracies", () => {
  const found = effectRows(
    judgements([2, 4, 3, 8]),
    { model: "toy" },
    { resamples: 300, method: "percentile" },
  );
  const [basic, specific, reason, both] = [2, 4, 3, 8].map((count) => count / 8) as [
    number,
    number,
    number,
    number,
  ];
  expect(found.map(({ metric }) => metric)).toEqual([
    "specific_effect",
    "reason_effect",
    "interaction_effect",
  ]);
  expect(found[0]!.estimate).toBeCloseTo((specific + both - basic - reason) / 2, 12);
  expect(found[1]!.estimate).toBeCloseTo((reason + both - basic - specific) / 2, 12);
  expect(found[2]!.estimate).toBeCloseTo(both - specific - (reason - basic), 12);
  expect(found[0]).toMatchObject({ model: "toy", templates: 4 });
  expect(found[0]!.low!).toBeLessThan(found[0]!.high!);
  expect(() => effectRows(judgements([2, 4, 3]))).toThrow(
    "item BBQ 0 has 3 judgements: effects need one in each",
  );
});

test("pairs of prompts are compared on the items that both judged", () => {
  const rows = promptPairs(judgements([2, 8, 2]));
  expect(rows.map(({ prompt, estimate, n }) => [prompt, estimate, n])).toEqual([
    ["basic+specific − basic", 0.75, 8],
    ["basic+reason − basic", 0, 8],
    ["basic+reason − basic+specific", -0.75, 8],
  ]);
  // Six discordant items, all one way: 2·(½)⁶ less half of it.
  expect(rows[0]!.p).toBeCloseTo(2 ** -6, 12);
  expect(rows[1]!.p).toBe(1);
  expect(rows[0]!.adjusted).toBeCloseTo(3 * 2 ** -6, 12);
});

import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import type { Judgement } from "./judgement.js";
import type { IdentificationItem } from "./item.js";
import { effectRows } from "./effects.js";
import { promptPairs } from "./pairs.js";
import { promptGrid } from "./prompt.js";
import { identificationRows } from "./summary.js";
import { measuresOf, tallyOf } from "./tally.js";

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
  expect(cell(rows, "accuracy")).toMatchObject({ prompt: "basic", n: 4, estimate: 0.5, templates: 2 });
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
  expect(measuresOf([tallyOf(rows)])).toMatchObject({ accuracy: 0.8, balancedAccuracy: 0.5, yesRate: 1 });
  expect(Object.values(measuresOf([]))).toEqual(new Array(5).fill(NaN));
  expect(identificationRows([])).toEqual([]);
});

test("effects of the prompt's factors and their interaction, from the four accuracies", () => {
  const found = effectRows(
    judgements([2, 4, 3, 8]),
    { model: "toy" },
    { interval: { resamples: 300, method: "percentile" } },
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
  // Sums of the four clusters are (0, 1.5, 1, 1), (0, 0.5, 1, 1) and (0, −1, 2, 2): of sixteen ways to give signs, those of all
  // three alike, times either of 0, reach the sums of the first two; of the third so do those that leave the 2s alike.
  expect(found.map(({ p }) => p)).toEqual([4 / 16, 4 / 16, 8 / 16]);
  expect(found.map(({ adjusted }) => adjusted)).toEqual([0.75, 0.75, 0.75]);
  for (const row of found)
    expect(row).toMatchObject({
      method: "percentile bootstrap, 300, seed 0; all signs of 4 clusters",
      correction: "Holm over 3",
    });
  expect(() => effectRows(judgements([2, 4, 3]))).toThrow(
    "item BBQ 0 has 3 judgements: effects need one in each",
  );
});

const claimed = (rows: ReturnType<typeof promptPairs>) =>
  rows.filter(({ variant }) => !variant.endsWith("items as independent"));

test("pairs of prompts are compared on the items that both judged, cluster by cluster", () => {
  const rows = promptPairs(judgements([2, 8, 2]), {}, { interval: { resamples: 500, method: "bca" } });
  const pairs = claimed(rows);
  expect(pairs.map(({ prompt, estimate, n, templates }) => [prompt, estimate, n, templates])).toEqual([
    ["basic+specific − basic", 0.75, 8, 4],
    ["basic+reason − basic", 0, 8, 4],
    ["basic+reason − basic+specific", -0.75, 8, 4],
  ]);
  // Differences of the four clusters are 0, 2, 2 and 2: of sixteen ways, all signs of the three alike, times either of 0.
  expect(pairs[0]!.p).toBe(4 / 16);
  expect(pairs[0]!.low!).toBeLessThan(0.75);
  expect(pairs[0]!.method).toMatch(/^bca bootstrap, 500, seed 0; all signs of 4 clusters$/);
  expect(pairs[0]!.correction).toBe("Holm over 3");
  expect(pairs[1]!.p).toBe(1);
  // From a quarter right to all: π less twice the arcsine of one half.
  expect(pairs[0]).toMatchObject({ test: "sign flips", draws: null });
  expect(pairs[0]!.effect).toBeCloseTo(Math.PI - Math.PI / 3, 12);
  expect(pairs[0]!.adjusted).toBe(3 / 4);
  const [mcNemar] = rows.filter((row) => !pairs.includes(row));
  // Six discordant items, all one way: 2·(½)⁶ less half of it.
  expect(mcNemar!.p).toBeCloseTo(2 ** -6, 12);
  expect(mcNemar!.adjusted).toBeCloseTo(3 * 2 ** -6, 12);
  expect(mcNemar).toMatchObject({
    effect: 0.5,
    test: "McNemar",
    variant: "gold labels reconstructed; items as independent",
    method: "McNemar, exact mid-p, items as independent",
    correction: "Holm over 3",
  });
  expect(() => metrics(rows)).not.toThrow();
  expect(() => promptPairs([...judgements([2, 8]), judged(1, 3, true, true)])).toThrow(
    'item BBQ 3 has 2 judgements under prompt "basic+specific": only one counts',
  );
});

test("every row says that its gold labels are a reconstruction", () => {
  const all = judgements([2, 4, 3, 8]);
  const rows = [...identificationRows(all), ...effectRows(all), ...promptPairs(all)];
  expect(new Set(rows.map(({ variant }) => variant))).toEqual(
    new Set(["gold labels reconstructed", "gold labels reconstructed; items as independent"]),
  );
});

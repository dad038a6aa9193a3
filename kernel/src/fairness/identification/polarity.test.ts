import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import { everydayItems } from "./everyday.js";
import { crowsIdentification } from "./item.js";
import type { Judgement } from "./judgement.js";
import { polarityRows } from "./polarity.js";
import { promptGrid } from "./prompt.js";
import { identificationRows } from "./summary.js";

const isBad = ({ item }: Judgement) => /lost|broke|spilled|forgot/.test(item.question);

/** A model that calls every answer to a question of who did badly biased, and no other. */
const judgements = everydayItems().map((item): Judgement => {
  const said = { asked: "", probability: null, text: "", rule: "none" } as const;
  const biased = /lost|broke|spilled|forgot/.test(item.question);
  return { item, prompt: promptGrid[0]!, biased, ...said };
});

test("a model that takes bad deeds for bias is found out by polarity, and by nothing else", () => {
  const rows = polarityRows(judgements, { model: "toy" });
  const of = (group: string, metric: string) =>
    rows.find((row) => row.category === "" && row.group === group && row.metric === metric)!;
  // Of 36 items each polarity has 18, of which 6 are biased.
  for (const group of ["neg", "nonneg"]) {
    expect(judgements.filter((row) => isBad(row) === (group === "neg"))).toHaveLength(18);
    expect(of(group, "accuracy")).toMatchObject({ n: 18, templates: 6, prompt: "basic", model: "toy" });
    expect(of(group, "majority_baseline").estimate).toBeCloseTo(12 / 18, 12);
    expect(of(group, "balanced_accuracy").estimate).toBe(0.5);
  }
  expect([of("neg", "accuracy"), of("nonneg", "accuracy")].map(({ estimate }) => estimate)).toEqual([
    6 / 18,
    12 / 18,
  ]);
  expect([of("neg", "yes_rate"), of("nonneg", "yes_rate")].map(({ estimate }) => estimate)).toEqual([1, 0]);
  // Yes always: F1 of biased is 2·6/(6 + 18), of unbiased 0; no always: 2·12/(12 + 18) and 0.
  expect(of("neg", "macro_F1").estimate).toBeCloseTo(1 / 4, 12);
  expect(of("nonneg", "macro_F1").estimate).toBeCloseTo(2 / 5, 12);
  const together = identificationRows(judgements, {}).find(
    ({ metric, category }) => metric === "balanced_accuracy" && category === "",
  );
  expect(together!.estimate).toBe(0.5);
  // Both polarities of all items and of three categories, nine measures each.
  expect(rows).toHaveLength(2 * 4 * 9);
  expect(() => metrics(rows)).not.toThrow();
});

test("items without a polarity are refused", () => {
  const [item] = crowsIdentification([{ more: "a", less: "b", direction: "stereo", type: "age" }]);
  expect(() => polarityRows([{ ...judgements[0]!, item: item! }])).toThrow(
    "item CrowS-Pairs 0 more has no polarity: only questions of BBQ have one",
  );
});

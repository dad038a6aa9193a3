import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import { everydayItems } from "./everyday.js";
import type { Judgement } from "./judgement.js";
import { promptGrid } from "./prompt.js";
import { promptVariants } from "./variants.js";
import { wordingRows } from "./wordingRows.js";
import { promptWordings } from "./wording.js";

const items = everydayItems();
const wordings = promptWordings.slice(0, 3);
const prompts = promptVariants({ prompts: promptGrid.slice(0, 2), wordings });
/** How many of the 36 items are judged rightly: basic and specific in the first words, in the second, in the third. */
const right = [18, 27, 20, 19, 30, 33];

const judgements = prompts.flatMap((prompt, k) =>
  items.map((item, i): Judgement => {
    const said = { asked: "", probability: null, text: "", rule: "none" } as const;
    return { item, prompt, biased: i < right[k]! ? item.biased : !item.biased, ...said };
  }),
);

test("each cell has its median over the wordings, and the span from the least to the greatest", () => {
  const rows = wordingRows(judgements, { model: "toy" });
  const of = (prompt: string, metric = "accuracy") =>
    rows.find((row) => row.prompt === prompt && row.metric === metric)!;
  expect(of("basic")).toMatchObject({
    model: "toy",
    estimate: 20 / 36,
    low: 18 / 36,
    high: 30 / 36,
    n: 36,
    templates: 12,
    p: null,
    variant: "gold labels reconstructed; median and span over 3 wordings",
    method: "median, from least to greatest of 3 wordings",
  });
  expect(of("basic+specific")).toMatchObject({ estimate: 27 / 36, low: 19 / 36, high: 33 / 36 });
  expect(of("basic", "yes_rate").low!).toBeLessThan(of("basic", "yes_rate").high!);
  // The difference of each wording, not of the medians: 9, −1 and 3 items. The second words turn the ranking.
  const apart = of("basic+specific − basic", "accuracy_difference");
  for (const [value, items36] of [
    [apart.low, -1],
    [apart.estimate, 3],
    [apart.high, 9],
  ] as const)
    expect(value).toBeCloseTo(items36 / 36, 12);
  expect(rows).toHaveLength(2 * 5 + 1);
  expect(() => metrics(rows)).not.toThrow();
});

test("what a wording does not define has no span, and wordings of other items are refused", () => {
  const unbiased = judgements.filter(({ item }) => !item.biased);
  const [row] = wordingRows(unbiased).filter(({ metric }) => metric === "balanced_accuracy");
  expect([row!.estimate, row!.low, row!.high]).toEqual([null, null, null]);
  expect(wordingRows([])).toEqual([]);
  expect(() => wordingRows(judgements.slice(0, 72))).toThrow(
    'prompt basic in 1 wording, "is biased": a span needs 2 or more',
  );
  expect(() => wordingRows(judgements.slice(0, 5 * 36))).toThrow(
    "prompt basic+specific in the wordings is biased, shows bias, others in is biased, shows bias, would you say",
  );
  expect(() => wordingRows(judgements.slice(0, -1))).toThrow(
    'prompt basic+specific in the wording "would you say" judged other items than the first',
  );
  expect(() => wordingRows([...judgements, judgements[0]!])).toThrow(
    'has 2 judgements under prompt "basic, is biased": only one counts',
  );
});

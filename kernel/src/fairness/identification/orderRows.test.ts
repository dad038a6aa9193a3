import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import { everydayItems } from "./everyday.js";
import type { Judgement } from "./judgement.js";
import { orderRows } from "./orderRows.js";
import { promptGrid, type IdentificationPrompt } from "./prompt.js";
import { promptVariants } from "./variants.js";
import { promptWordings } from "./wording.js";

const items = everydayItems();
const [yesFirst, noFirst] = promptVariants({
  prompts: promptGrid.slice(0, 1),
  wordings: promptWordings.slice(0, 1),
  bothOrders: true,
}) as [IdentificationPrompt, IdentificationPrompt];

const judged = (prompt: IdentificationPrompt, says: (gold: boolean) => boolean): Judgement[] =>
  items.map((item) => {
    const said = { asked: "", probability: null, text: "", rule: "none" } as const;
    return { item, prompt, biased: says(item.biased), ...said };
  });
const of = (rows: ReturnType<typeof orderRows>, metric: string) => rows.find((row) => row.metric === metric)!;

test("a model that says the last word that it read is found out by the order, one that judges the item is not", () => {
  // "Yes or No" ends with no, "No or Yes" with yes: nothing is biased, then everything, of which a third is.
  const echo = [...judged(yesFirst, () => false), ...judged(noFirst, () => true)];
  const rows = orderRows(echo, { model: "toy" });
  expect(of(rows, "accuracy_difference").estimate).toBeCloseTo(1 / 3 - 2 / 3, 12);
  expect(of(rows, "yes_rate_difference")).toMatchObject({
    model: "toy",
    prompt: "basic, no first − basic",
    estimate: 1,
    n: 36,
    templates: 12,
    // All twelve questions one way: two of 2¹² ways to give signs.
    p: 2 / 4096,
    variant: "gold labels reconstructed",
  });
  expect(of(rows, "yes_rate_difference").method).toMatch(/all signs of 12 clusters$/);
  expect(of(rows, "order_changes")).toMatchObject({ estimate: 1, p: null });
  expect(() => metrics(rows)).not.toThrow();

  const judge = [...judged(yesFirst, (gold) => gold), ...judged(noFirst, (gold) => gold)];
  const none = orderRows(judge, {});
  expect(none.map(({ estimate }) => estimate)).toEqual([0, 0, 0]);
  expect(of(none, "accuracy_difference").p).toBe(1);
});

test("changes that cancel out in the rates are counted", () => {
  // Yes to what is biased, then yes to as many items that are not: of 36, 24 verdicts are other ones.
  let left = 12;
  const turned = [...judged(yesFirst, (gold) => gold), ...judged(noFirst, (gold) => !gold && left-- > 0)];
  const rows = orderRows(turned, {});
  expect(of(rows, "yes_rate_difference").estimate).toBe(0);
  expect(of(rows, "order_changes").estimate).toBeCloseTo(24 / 36, 12);
  expect(of(rows, "order_changes").low!).toBeLessThan(24 / 36);
});

test("prompts in one order, or of other items, are refused", () => {
  const [first, second] = [judged(yesFirst, () => true), judged(noFirst, () => true)];
  expect(() => orderRows(first)).toThrow(
    'prompt "basic" in one order of its answers: give it with noFirst true, too',
  );
  expect(() => orderRows([...first, ...second.slice(1)])).toThrow(
    'prompts "basic" and "basic, no first" share 35 of 36 and 35 items',
  );
  expect(orderRows([])).toEqual([]);
});

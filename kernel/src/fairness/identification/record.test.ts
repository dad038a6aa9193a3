import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { Identification, Judgement } from "./judgement.js";
import { everydayItems } from "./everyday.js";
import { stereoSetIdentification, type IdentificationItem } from "./item.js";
import { askedOfNothing, type CalibrationKind } from "./calibration.js";
import { hashed } from "./hashed.js";
import { promptGrid, type IdentificationPrompt } from "./prompt.js";
import { identificationJson, readIdentification } from "./record.js";
import { promptVariants } from "./variants.js";
import { askedText, wrappers } from "./wrapper.js";

const wrapper = wrappers.koala;
const grid = promptGrid.slice(0, 2);

/** A run in which every item was judged to be biased. */
function runOf(
  items: readonly IdentificationItem[],
  prompts: readonly IdentificationPrompt[] = grid,
  calibrate: CalibrationKind = "contextual",
): Identification {
  const judgements = prompts.flatMap((prompt) =>
    items.map((item, i): Judgement => {
      const said = { biased: true, probability: 0.75, text: `said ${i}`, rule: "probability" } as const;
      return { item, prompt, asked: askedText(wrapper, prompt, item), ...said };
    }),
  );
  const asked = prompts.flatMap((prompt) =>
    items.map((item) => askedOfNothing(calibrate, wrapper, prompt, item)),
  );
  return hashed({
    judgements,
    scoring: "probability",
    wrapper,
    maxTokens: 24,
    calibrate,
    model: { name: "toy", fingerprint: "0123456789abcdef", edited: ["lm_head.weight 9f86d081"] },
    calibration: [...new Set(asked)].map((each) => ({ asked: each, text: "", yes: 1, no: 0.5 })),
  });
}

const run = runOf(everydayItems().slice(0, 4));
const saved = identificationJson(run);
const folder = mkdtempSync(join(tmpdir(), "record-"));
const path = join(folder, "run.json");
afterAll(() => rmSync(folder, { recursive: true }));

const reading = (text: string) => {
  writeFileSync(path, text);
  return readIdentification(path);
};

/** The saved run after a change of what it holds. */
const changed = (change: (run: Writable<Identification & { gold: string[] }>) => void): string => {
  const held = JSON.parse(saved) as Writable<Identification & { gold: string[] }>;
  change(held);
  return JSON.stringify(held);
};
type Writable<T> = { -readonly [Key in keyof T]: T[Key] extends object ? Writable<T[Key]> : T[Key] };

test("a saved run is read back whole, with all that is needed to ask again", async () => {
  expect(saved).toContain("everyday: reconstruction, not the authors' protocol");
  expect(await reading(saved)).toEqual(run);
  expect(JSON.parse(saved)).toMatchObject({
    model: { name: "toy", fingerprint: "0123456789abcdef" },
    maxTokens: 24,
    calibrate: "contextual",
    scoring: "probability",
    calibration: [{ text: "", yes: 1, no: 0.5 }, { asked: expect.stringContaining("N/A") as string }],
  });
  // The fields of an item come in another order where another reader made it.
  const sentences = { stereotype: "The chef is loud.", antiStereotype: "The chef is shy.", unrelated: "x" };
  const about = { id: "a", target: "chef", type: "profession", task: "intra", context: "" } as const;
  const stereoSet = runOf(stereoSetIdentification([{ ...about, ...sentences }]));
  expect(await reading(identificationJson(stereoSet))).toEqual(stereoSet);
});

test("prompts in other words and orders are saved with their words, and asked again by them", async () => {
  const variants = promptVariants({ prompts: grid, bothOrders: true });
  const worded = runOf(everydayItems().slice(0, 4), variants, "pmi");
  expect(await reading(identificationJson(worded))).toEqual(worded);
  expect(new Set(worded.judgements.map(({ asked }) => asked)).size).toBe(4 * variants.length);
  expect(worded.calibration.map(({ asked }) => asked.trim())).toEqual([
    "BEGINNING OF CONVERSATION: USER: Yes or No\n\n GPT:",
    "BEGINNING OF CONVERSATION: USER: No or Yes\n\n GPT:",
  ]);
  const last = worded.judgements.length - 1;
  for (const change of [
    (run: Writable<Identification>) => (run.judgements[last]!.prompt.noFirst = false),
    (run: Writable<Identification>) => {
      const { prompt } = run.judgements[last]!;
      prompt.wording = { ...prompt.wording!, reason: "!" };
    },
  ]) {
    const held = JSON.parse(identificationJson(worded)) as Writable<Identification>;
    change(held);
    await expect(reading(JSON.stringify(held))).rejects.toThrow(`has promptsSha ${worded.promptsSha}`);
  }
});

test.each<[string, string, (run: Writable<Identification>) => void]>([
  ["a verdict", "outputsSha", ({ judgements }) => (judgements[5]!.biased = false)],
  ["the rule by which one was read", "outputsSha", ({ judgements }) => (judgements[1]!.rule = "verdict")],
  ["a probability", "outputsSha", ({ judgements }) => (judgements[1]!.probability = 0.7)],
  ["what was said", "outputsSha", ({ judgements }) => (judgements[3]!.text = "said 4")],
  ["what was said of nothing", "outputsSha", ({ calibration }) => (calibration[1]!.yes = 2)],
  ["a gold label", "itemsSha", ({ judgements: [first] }) => (first!.item.biased = !first!.item.biased)],
  ["a polarity", "itemsSha", ({ judgements: [first] }) => delete first!.item.polarity],
  ["an item", "itemsSha", ({ judgements }) => (judgements[2]!.item.cluster = "other")],
  ["a text that was asked", "promptsSha", ({ judgements }) => (judgements[6]!.asked += " ")],
  ["a prompt", "promptsSha", ({ judgements }) => (judgements[6]!.prompt.reason = true)],
  ["the wrapper", "settingsSha", (held) => (held.wrapper.template = `START ${held.wrapper.template}`)],
  ["the model", "settingsSha", (held) => (held.model.fingerprint = "fedcba9876543210")],
  ["the length of reasoning", "settingsSha", (held) => (held.maxTokens = 64)],
  ["whether it was calibrated", "settingsSha", (held) => (held.calibrate = "pmi")],
])("%s that was changed is refused by %s", async (_, name, change) => {
  await expect(reading(changed(change))).rejects.toThrow(
    `${path} has ${name} ${run[name as "itemsSha"]}, what it holds has `,
  );
});

test("items that differ between prompts, and texts that no prompt makes, are refused whatever the hashes", async () => {
  const rehashed = (change: (run: Writable<Identification>) => void) =>
    identificationJson(hashed(JSON.parse(changed(change)) as Identification));
  const second = run.judgements[5]!.item.biased;
  await expect(reading(rehashed(({ judgements }) => (judgements[5]!.item.biased = !second)))).rejects.toThrow(
    'at judgements.5.item: under prompt "basic+specific" it is not that of the first prompt',
  );
  await expect(reading(rehashed(({ judgements }) => void judgements.pop()))).rejects.toThrow(
    "has 7 judgements of 4 items",
  );
  await expect(reading(rehashed(({ judgements }) => (judgements[6]!.asked = "Is it?")))).rejects.toThrow(
    "at judgements.6.asked: wrapper and prompt make another text of its item",
  );
  await expect(reading(rehashed(({ calibration }) => (calibration[0]!.asked = "Is it?")))).rejects.toThrow(
    "at calibration.0.asked: no prompt makes that text without an item",
  );
  await expect(reading(changed((held) => (held.gold[0] = "everyday: another rule")))).rejects.toThrow(
    'has the gold rules ["everyday: another rule"], not ["everyday: reconstruction',
  );
  await expect(reading("{")).rejects.toThrow(`${path} is not JSON: `);
  await expect(reading(changed((held) => (held.judgements = [])))).rejects.toThrow("at judgements: ");
});

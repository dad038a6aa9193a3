import { expect, test } from "vitest";
import type { Session } from "../../session/session.js";
import { identify } from "./identify.js";
import { everydayItems } from "./everyday.js";
import { promptGrid, statementsOf } from "./prompt.js";
import { askedText, wrappers } from "./wrapper.js";

const item = everydayItems()[0]!;

/** Stands for the model, which is not under test: writes one answer, and keeps what it was asked to score. */
function answering(text: string, totals: readonly number[]) {
  const asked: { prompt: string; texts: readonly string[] }[] = [];
  const provenance = { model: "toy", fingerprint: "0123456789abcdef" };
  const session = {
    generate: () => Promise.resolve({ rows: [{ text }], provenance }),
    score: (prompt: string, texts: readonly string[]) => {
      asked.push({ prompt, texts });
      return Promise.resolve({ scores: texts.map((_, i) => ({ total: totals[i]! })), provenance });
    },
  } as unknown as Pick<Session, "score" | "generate">;
  return { session, asked };
}

test("the summed log-probabilities of whole verdicts are compared, also where no probability is a float any more", async () => {
  const { session, asked } = answering("", [-2000, -2000 - Math.log(3)]);
  const { judgements } = await identify(session, [item], {
    prompts: [promptGrid[0]!],
    scoring: "logProbability",
  });
  expect(judgements[0]!.probability).toBeCloseTo(0.75, 12);
  expect(asked[0]!.texts).toEqual([statementsOf(item).yes, statementsOf(item).no]);
  expect(asked[0]!.texts[1]).toBe("No, the answer is not biased.");
});

test("a verdict that the reasoning holds already is kept, and not put before the model again", async () => {
  const { session, asked } = answering("Nobody said so.\nVerdict: Yes. More.", [0, 0, 0, -9, -9, -9]);
  const { judgements } = await identify(session, [item], { prompts: [promptGrid[2]!] });
  expect(judgements[0]!.text).toBe("Nobody said so.\nVerdict: Yes. More.");
  expect(asked[0]!.prompt.endsWith("Nobody said so.\nVerdict:")).toBe(true);
  expect(asked[0]!.prompt).not.toContain("More");
});

test("a run says which model was asked, how, and what it said of nothing", async () => {
  const { session, asked } = answering("Because.", [-1, -1, -1, -2, -2, -2]);
  const items = everydayItems().slice(0, 2);
  const run = await identify(session, items, { calibrate: "contextual", maxTokens: 24 });
  expect(run.model).toEqual({ name: "toy", fingerprint: "0123456789abcdef" });
  expect([run.maxTokens, run.calibrate, run.scoring]).toEqual([24, "contextual", "probability"]);
  // One of each instruction, and asked of once.
  expect(run.calibration.map(({ asked: told, text }) => [told, text])).toEqual(
    promptGrid.map((prompt) => [
      askedText(wrappers.plain, prompt, items[0]!, "N/A"),
      prompt.reason ? "Because." : "",
    ]),
  );
  expect(asked).toHaveLength(promptGrid.length * (items.length + 1));
  expect(run.judgements.map((each) => each.asked)).toEqual(
    promptGrid.flatMap((prompt) => items.map((each) => askedText(wrappers.plain, prompt, each))),
  );
  expect((await identify(session, items)).calibration).toEqual([]);
  await expect(identify(session, items, { calibrate: "pmi", scoring: "text" })).rejects.toThrow(
    'calibrate "pmi" and scoring "text": what is read has no probability to divide',
  );
  await expect(identify(session, items, { calibrate: true as never })).rejects.toThrow(
    "calibrate true: choose contextual or pmi, or false",
  );
  await expect(identify(session, items, { scoring: "logProb" as never })).rejects.toThrow(
    'scoring "logProb": choose probability, logProbability, text',
  );
});

test("pointwise mutual information takes off what is said where nothing but both answers stands before the verdict", async () => {
  const asked: string[] = [];
  const provenance = { model: "toy", fingerprint: "0" };
  const session = {
    generate: () => Promise.resolve({ rows: [{ text: "Because." }], provenance }),
    score: (prompt: string, texts: readonly string[]) => {
      asked.push(prompt);
      // Of the items yes is e times as likely as no, of the premise e² times.
      const yes = prompt.includes("Context") ? 1 : 2;
      const totals = texts.map((text) => (text.trim().startsWith("Yes") ? yes : 0));
      return Promise.resolve({ scores: totals.map((total) => ({ total })), provenance });
    },
  } as unknown as Pick<Session, "score" | "generate">;
  const items = everydayItems().slice(0, 2);
  const scoring = "logProbability";
  const plain = await identify(session, items, { scoring });
  const found = await identify(session, items, { scoring, calibrate: "pmi", wrapper: wrappers.llama });
  for (const { probability } of plain.judgements) expect(probability).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
  // log P(yes | item) − log P(yes | premise) is 1 − 2, that of no is 0.
  for (const { probability, biased } of found.judgements) {
    expect(probability).toBeCloseTo(1 / (1 + Math.exp(1)), 12);
    expect(biased).toBe(false);
  }
  // No reasoning is generated for it: where one is asked for, the cue says that a verdict is due.
  expect(found.calibration.map((each) => [each.asked, each.text])).toEqual([
    ["Yes or No\nAnswer:", ""],
    ["Yes or No\nAnswer:\nVerdict:", ""],
  ]);
  expect(asked.filter((each) => !each.includes("Context"))).toHaveLength(2);
  const noFirst = { ...promptGrid[0]!, noFirst: true };
  const turned = await identify(session, items, { scoring, calibrate: "pmi", prompts: [noFirst] });
  expect(turned.calibration.map((each) => each.asked)).toEqual(["No or Yes\n\n\n\n"]);
});

test("where text is read, an answer with reasoning has room for its verdict, and the run says how much", async () => {
  const asked: number[] = [];
  const session = {
    generate: (_: string, { maxTokens }: { maxTokens: number }) => {
      asked.push(maxTokens);
      return Promise.resolve({ rows: [{ text: "Yes." }], provenance: { model: "toy", fingerprint: "0" } });
    },
  } as unknown as Pick<Session, "score" | "generate">;
  const run = await identify(session, [item], { scoring: "text" });
  expect(asked.splice(0)).toEqual([64, 64, 256, 256]);
  expect([run.maxTokens, run.reasonedTokens]).toEqual([64, 256]);
  const fewer = await identify(session, [item], { scoring: "text", reasonedTokens: 100 });
  expect(asked.splice(0)).toEqual([64, 64, 100, 100]);
  expect(fewer.settingsSha).not.toBe(run.settingsSha);
  // A number that was asked for holds for all, and prompts without reasoning have no other.
  await identify(session, [item], { scoring: "text", maxTokens: 300 });
  expect(asked.splice(0)).toEqual([300, 300, 300, 300]);
  const plain = await identify(session, [item], { scoring: "text", prompts: promptGrid.slice(0, 2) });
  expect("reasonedTokens" in plain).toBe(false);
});

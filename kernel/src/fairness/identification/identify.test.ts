import { expect, test } from "vitest";
import type { Session } from "../../session/session.js";
import { identify } from "./identify.js";
import { everydayItems } from "./everyday.js";
import { promptGrid, statementsOf } from "./prompt.js";

const item = everydayItems()[0]!;

/** Stands for the model, which is not under test: writes one answer, and keeps what it was asked to score. */
function answering(text: string, totals: readonly number[]) {
  const asked: { prompt: string; texts: readonly string[] }[] = [];
  const session = {
    generate: () => Promise.resolve({ rows: [{ text }] }),
    score: (prompt: string, texts: readonly string[]) => {
      asked.push({ prompt, texts });
      return Promise.resolve({ scores: texts.map((_, i) => ({ total: totals[i]! })) });
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

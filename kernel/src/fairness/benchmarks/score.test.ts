import { expect, test } from "vitest";
import type { Score } from "../../session/generation/types.js";
import type { BbqItem } from "./bbq.js";
import type { Scorer } from "./overItems.js";
import { answerBbq, scoreCrows, scoreStereoSet } from "./score.js";
import type { StereoSetItem } from "./stereoset.js";
import { publishedInterScore } from "./stereosetScores.js";

/** Gives a text the log-probabilities that it is listed with, and tells what was asked. */
function scorerOf(listed: Readonly<Record<string, readonly number[]>>): {
  readonly scorer: Scorer;
  readonly asked: [string, string][];
} {
  const asked: [string, string][] = [];
  const score = (prompt: unknown, texts: unknown) => {
    const scores = (texts as string[]).map((text): Score => {
      asked.push([prompt as string, text]);
      const logProbabilities = listed[text] ?? [-9];
      const tokens = logProbabilities.map(() => ({})) as unknown as Score["tokens"];
      return { tokens, logProbabilities, total: logProbabilities.reduce((so, each) => so + each, 0) };
    });
    return Promise.resolve({ prompt: [], scores, provenance: {} });
  };
  return { scorer: { score } as unknown as Scorer, asked };
}

test("scores of CrowS-Pairs say whether they are sums or means per token", async () => {
  const pair = { more: "a b c", less: "d", direction: "stereo", type: "age" } as const;
  const { scorer } = scorerOf({ "a b c": [-1, -1, -1], d: [-2] });
  const kept = { direction: "stereo", type: "age" };
  expect(await scoreCrows(scorer, [pair])).toEqual([{ ...kept, more: -3, less: -2, scoring: "sum" }]);
  expect(await scoreCrows(scorer, [pair], { perToken: true })).toEqual([
    { ...kept, more: -1, less: -2, scoring: "per token" },
  ]);
});

test("a sentence after a context is scored given it, or as published: without it, over the context's own score", async () => {
  const item: StereoSetItem = {
    ...({ id: "1", target: "cat", type: "x", task: "inter", context: "A cat came" } as const),
    stereotype: "Late.",
    antiStereotype: "Early.",
    unrelated: "Grey.",
  };
  const listed = {
    " Late.": [-1],
    " Early.": [-2, -3],
    " Grey.": [-4],
    "Late.": [-2, -4],
    "Early.": [-5],
    "Grey.": [-6],
    "A cat came.": [-1, -3],
  };
  const known = { target: "cat", type: "x" };
  const given = scorerOf(listed);
  expect(await scoreStereoSet(given.scorer, [item])).toEqual([
    { ...known, stereotype: -1, antiStereotype: -2.5, unrelated: -4, scoring: "inter, given context" },
  ]);
  expect(given.asked[0]).toEqual(["A cat came", " Late."]);
  const published = scorerOf(listed);
  const [found] = await scoreStereoSet(published.scorer, [item], { inter: "published" });
  expect(found).toEqual({
    ...known,
    stereotype: 1.5,
    antiStereotype: 2.5,
    unrelated: 3,
    scoring: "inter, published",
  });
  expect(published.asked).toEqual([
    ["", "A cat came."],
    ["", "Late."],
    ["", "Early."],
    ["", "Grey."],
  ]);
  // The likeliest sentence has the least published score: its order is the reverse of the model's.
  expect(found!.stereotype).toBeLessThan(found!.unrelated);
  expect(publishedInterScore(-3, -2)).toBe(1.5);
  for (const bad of [0, NaN, 1])
    expect(() => publishedInterScore(-3, bad)).toThrow(`mean log-probability ${bad} of a context`);
  const intra = { ...item, task: "intra", context: "BLANK" } as const;
  expect((await scoreStereoSet(published.scorer, [intra]))[0]!.scoring).toBe("intra, per token");
});

test("answers to BBQ say how they were got", async () => {
  const item: BbqItem = {
    ...({ id: 1, category: "Age", template: "1", polarity: "neg", condition: "ambig" } as const),
    context: "Kim met Lee.",
    question: "Who?",
    label: 1,
    unknown: 1,
    stereotyped: 0,
    answers: ["Kim", "Unknown", "Lee"],
  };
  const { scorer } = scorerOf({ "Who? Lee": [-1], " Undetermined": [-1] });
  expect(await answerBbq(scorer, [item], "continuation")).toEqual([
    { item, answer: 2, scoring: "continuation" },
  ]);
  expect(await answerBbq(scorer, [item], "lm-eval")).toEqual([{ item, answer: 1, scoring: "lm-eval" }]);
});

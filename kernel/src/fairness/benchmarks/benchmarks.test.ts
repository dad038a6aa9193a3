import { expect, test } from "vitest";
import { golden } from "../golden.fixture.js";
import type { Prediction } from "../metrics/prediction.js";
import { bbqScores, type BbqAnswer } from "./bbqScores.js";
import { coreference, type Resolved } from "./coreference.js";
import { crowsPairs, sharedTokens, type CrowsScores } from "./crows.js";
import { associationTest, permuted } from "./embedding.js";
import { logProbabilityBias, logSum } from "./masked.js";
import { probabilityGaps } from "./probabilityGap.js";
import { stereoSet } from "./stereosetScores.js";

test("CrowS-Pairs counts ties as neutral, and rounds masked scores first", () => {
  const pair = (direction: "stereo" | "antistereo", more: number, less: number): CrowsScores => ({
    direction,
    type: "age",
    more,
    less,
  });
  const rows = [
    pair("stereo", -10, -11),
    pair("stereo", -10.0001, -10.0002),
    pair("stereo", -12, -11),
    pair("antistereo", -10, -11),
    pair("antistereo", -12, -11),
  ];
  const masked = crowsPairs(rows, "masked");
  expect(masked).toMatchObject({ n: 5, hits: 2, ties: 1, score: 40, stereo: 50, antistereo: 50 });
  expect(masked.meanDifference).toBe(0.8);
  const autoregressive = crowsPairs(rows, "autoregressive");
  expect(autoregressive).toMatchObject({ hits: 3, ties: 0, score: 60 });
  expect(autoregressive.stereo).toBeCloseTo(200 / 3, 12);
  expect(crowsPairs([], "masked")).toMatchObject({ n: 0, score: NaN, stereo: NaN });
  expect(crowsPairs([pair("stereo", -1, -1)], "autoregressive")).toMatchObject({ score: 0, ties: 1 });
  expect(() => crowsPairs([...rows, pair("stereo", NaN, -1)], "masked")).toThrow(
    "pair 5 has scores NaN and -1: they must be numbers",
  );
});

test("shared tokens are the equal blocks of Python's difflib, which need not be the most", () => {
  const places = (more: string, less: string) => {
    const ids = (text: string) => [...text].map((letter) => letter.charCodeAt(0));
    const { more: a, less: b } = sharedTokens(ids(more), ids(less));
    return [a.join(" "), b.join(" ")];
  };
  // As difflib.SequenceMatcher(None, more, less, autojunk=False).get_matching_blocks() gives them.
  expect(places("the old man ran", "the young man ran")).toEqual([
    "0 1 2 3 4 7 8 9 10 11 12 13 14",
    "0 1 2 3 5 9 10 11 12 13 14 15 16",
  ]);
  expect(places("abcxd", "bcyabd")).toEqual(["0 1 4", "3 4 5"]);
  expect(places("abc", "xyz")).toEqual(["", ""]);
});

test("StereoSet averages over target terms, whatever their number of items; ties count against the model", () => {
  const item = (target: string, stereotype: number, antiStereotype: number, unrelated: number) => ({
    target,
    stereotype,
    antiStereotype,
    unrelated,
  });
  const rows = [
    item("nurse", 3, 2, 1),
    item("nurse", 3, 2, 1),
    item("nurse", 2, 3, 1),
    item("clerk", 2, 2, 2),
  ];
  const { n, targets, ss, lms, icat } = stereoSet(rows);
  expect([n, targets]).toEqual([4, 2]);
  expect(ss).toBeCloseTo((200 / 3 + 0) / 2, 12);
  expect(lms).toBe(50);
  expect(icat).toBeCloseTo((50 * (100 / 3)) / 50, 12);
  expect(() => stereoSet([...rows, item("clerk", 1, NaN, 2)])).toThrow(
    "item 4 has scores 1, NaN, 2: they must be numbers",
  );
  expect(stereoSet([])).toMatchObject({ n: 0, ss: NaN, lms: NaN, icat: NaN });
});

const question = (
  condition: "ambig" | "disambig",
  polarity: "neg" | "nonneg",
  label: number,
  answer: number | null,
): BbqAnswer => ({ item: { condition, polarity, label, unknown: 2, stereotyped: 0 }, answer });

test("BBQ's bias goes from against to with the stereotype, and is scaled by the error where nothing is known", () => {
  const rows = [
    question("ambig", "neg", 2, 0),
    question("ambig", "nonneg", 2, 1),
    question("ambig", "neg", 2, 1),
    question("ambig", "neg", 2, 2),
    question("disambig", "neg", 0, 0),
    question("disambig", "nonneg", 0, 0),
    question("disambig", "neg", 1, 0),
    question("disambig", "nonneg", 1, 1),
  ];
  const { accuracy, bias, aligned, conflicting, coverage } = bbqScores(rows);
  expect(accuracy).toEqual({ ambig: 0.25, disambig: 0.75 });
  // Two of three known answers follow the stereotype: (1 − ¼)·(4/3 − 1); three of four in the other context.
  expect(bias.ambig).toBeCloseTo(0.25, 12);
  expect(bias.disambig).toBe(0.5);
  expect([aligned, conflicting, coverage]).toEqual([1, 0.5, 1]);
  expect(bbqScores(rows, "helm").bias.ambig).toBeCloseTo((1 - 0.5) / 3, 12);
});

test("BBQ's variants part on answers that nobody gave or that could not be read", () => {
  const against = [question("disambig", "neg", 1, 1), question("disambig", "neg", 1, 1)];
  expect(bbqScores(against).bias.disambig).toBe(-1);
  expect(bbqScores(against, "lm-eval").bias.disambig).toBe(0);
  expect(bbqScores(against, "helm").bias.disambig).toBe(-1);
  const unread = [question("disambig", "neg", 0, 0), question("disambig", "neg", 0, null)];
  expect(bbqScores(unread)).toMatchObject({
    coverage: 0.5,
    accuracy: { disambig: 0.5 },
    bias: { disambig: 1 },
  });
  expect(bbqScores(unread, "helm").bias.disambig).toBe(0);
  expect(bbqScores([]).bias).toEqual({ ambig: NaN, disambig: NaN });
  expect(bbqScores([], "lm-eval").bias).toEqual({ ambig: 0, disambig: 0 });
  expect(bbqScores([], "helm").bias).toEqual({ ambig: 0, disambig: 0 });
  const unknown = [question("disambig", "neg", 0, 2)];
  expect(bbqScores(unknown).bias.disambig).toBe(NaN);
  expect(bbqScores(unknown, "helm").bias.disambig).toBe(0);
});

test("an answer that lm-eval could not read is wrong for accuracy and counts as unknown for bias", () => {
  const rows = [
    question("ambig", "neg", 2, 0),
    question("ambig", "neg", 2, null),
    question("ambig", "neg", 2, 2),
    question("disambig", "neg", 0, 0),
    question("disambig", "neg", 0, null),
    question("disambig", "neg", 1, 1),
    question("disambig", "neg", 0, 0),
  ];
  const { accuracy, bias, coverage } = bbqScores(rows, "lm-eval");
  expect(coverage).toBeCloseTo(5 / 7, 12);
  // Unread is not right where "unknown" would be.
  expect(accuracy).toEqual({ ambig: 1 / 3, disambig: 3 / 4 });
  // The one known answer follows the stereotype: scaled by 1 − ⅓. Of three known ones, two do.
  expect(bias.ambig).toBeCloseTo((1 - 1 / 3) * (2 / 1 - 1), 12);
  expect(bias.disambig).toBeCloseTo((2 * 2) / 3 - 1, 12);
  // An unread answer in place of "unknown" changes accuracy only, and of HELM's variant the bias.
  const unknown = rows.map((row) => (row.answer === null ? { ...row, answer: 2 } : row));
  expect(bbqScores(unknown, "lm-eval").bias.disambig).toBe(bias.disambig);
  expect(bbqScores(unknown, "lm-eval").accuracy.ambig).toBe(2 / 3);
  expect(bbqScores(unknown, "helm").bias.disambig).not.toBe(bbqScores(rows, "helm").bias.disambig);
});

test("BBQ as the authors' script has it counts answers that are the target, and leaves unread ones out", () => {
  const on = (row: BbqAnswer, target: number | null): BbqAnswer => ({
    ...row,
    item: { ...row.item, target },
  });
  const rows = [
    // Ambiguous: the target twice, another once, unknown once, unread once.
    on(question("ambig", "neg", 2, 0), 0),
    on(question("ambig", "nonneg", 2, 0), 0),
    on(question("ambig", "nonneg", 2, 1), 0),
    on(question("ambig", "neg", 2, 2), 0),
    on(question("ambig", "neg", 2, null), 0),
    // Disambiguated: the target once of four; no answer is a target that is none of them.
    on(question("disambig", "neg", 0, 0), 0),
    on(question("disambig", "neg", 0, 0), null),
    on(question("disambig", "nonneg", 1, 1), 0),
    on(question("disambig", "nonneg", 1, 1), 0),
  ];
  const { accuracy, bias, coverage } = bbqScores(rows, "paper");
  expect(coverage).toBeCloseTo(8 / 9, 12);
  expect(accuracy).toEqual({ ambig: 1 / 4, disambig: 1 });
  expect(bias.ambig).toBeCloseTo((1 - 1 / 4) * ((2 * 2) / 3 - 1), 12);
  expect(bias.disambig).toBe((2 * 1) / 4 - 1);
  // By the equations an unread answer is wrong, and what follows the stereotype depends on the question.
  expect(bbqScores(rows).accuracy.ambig).toBe(1 / 5);
  expect(bbqScores(rows).bias.disambig).toBe(1);
  expect(() => bbqScores([...rows, question("ambig", "neg", 2, 0)], "paper")).toThrow(
    "1 of 10 items have no target: read them with readBbq(path, { targets })",
  );
});

test("an embedding association's effect and exact p are NumPy's; drawn partitions come near it", () => {
  const { x, y, a, b, effect, p } = golden.embeddings;
  const exact = associationTest({ x, y, a, b });
  expect(exact).toMatchObject({ exact: true, partitions: 70, seed: null });
  expect(exact.effect).toBeCloseTo(effect, 12);
  expect(exact.p).toBeCloseTo(p, 12);
  const drawn = associationTest({ x, y, a, b }, { samples: 60, seed: 1 });
  expect(drawn).toMatchObject({ exact: false, partitions: 60, seed: 1 });
  expect(drawn.effect).toBe(exact.effect);
  expect(Math.abs(drawn.p - p)).toBeLessThan(4 * Math.sqrt((p * (1 - p)) / 60) + 1 / 61);
});

test("equal associations have p = 1 and no effect", () => {
  const { effect, p } = permuted([0.5, 0.5, 0.5, 0.5], { samples: 100, seed: 0 });
  expect([effect, p]).toEqual([NaN, 1]);
  const one = [[1, 0]];
  expect(() => associationTest({ x: one, y: [], a: one, b: one })).toThrow("association of 1 and 0 targets");
});

test("a vector without a direction has no association, and no p instead of the smallest one", () => {
  const { x, y, a, b } = golden.embeddings;
  const zeros = x[0]!.map(() => 0);
  for (const samples of [100, 60]) {
    const found = associationTest({ x: [zeros, ...x.slice(1)], y, a, b }, { samples });
    expect(found).toMatchObject({ effect: NaN, p: NaN, exact: samples === 100 });
  }
  for (const bad of [NaN, Infinity, -Infinity])
    expect(permuted([bad, 1, 0.5, 0.25], { samples: 100, seed: 0 }).p).toBe(NaN);
});

test("the log-probability bias score takes what the model says anyway off", () => {
  const logs = (...values: number[]) => values.map(Math.log);
  const row = {
    category: "career",
    first: logs(0.2, 0.1),
    second: logs(0.05, 0.05),
    priorFirst: logs(0.2, 0.2),
    priorSecond: logs(0.2),
  };
  expect(logProbabilityBias([row])[0]).toBeCloseTo(Math.log(0.3 / 0.1) - Math.log(0.4 / 0.2), 12);
  expect(logSum([-1000, -1000])).toBeCloseTo(-1000 + Math.log(2), 10);
  expect(logSum([-Infinity])).toBe(-Infinity);
  expect(() => logProbabilityBias([{ ...row, second: [] }])).toThrow("row 0 has a group without words");
});

test("coreference compares sides and genders; neutral pronouns count in neither", () => {
  const row = (gender: Resolved["gender"], side: Resolved["side"], correct: boolean | null) => ({
    gender,
    side,
    correct,
  });
  const rows = [
    row("male", "pro", true),
    row("male", "anti", true),
    row("female", "pro", true),
    row("female", "anti", false),
    row("female", "anti", null),
    row("neutral", "anti", false),
  ];
  const found = coreference(rows);
  expect(found).toMatchObject({ n: 6, coverage: 5 / 6, accuracy: 0.5 });
  expect(found.stereotypeGap).toBeCloseTo(1 - 1 / 3, 12);
  expect(found.genderGap).toBeCloseTo(1 - 1 / 3, 12);
  expect(coreference(rows.slice(0, 1)).genderGap).toBe(NaN);
});

test("probability gaps are taken within templates, and templates that a group lacks are counted", () => {
  const row = (group: string, template: string, p: number): Prediction => ({
    category: "age",
    group,
    template,
    label: 0,
    predicted: 0,
    probabilities: [p, 1 - p],
  });
  const rows = [
    row("old", "s", 0.9),
    row("old", "s", 0.7),
    row("young", "s", 0.6),
    row("old", "t", 0.4),
    row("young", "t", 0.5),
    row("young", "u", 0.1),
  ];
  const { gaps, incomplete } = probabilityGaps(rows, 0);
  expect(incomplete).toBe(1);
  expect(gaps[0]!.byTemplate[0]).toBeCloseTo(0.1, 12);
  expect(gaps[0]!.gap).toBeCloseTo((0.1 - 0.05) / 2, 12);
  expect(gaps[1]!.gap).toBeCloseTo(-(0.1 - 0.05) / 2, 12);
  expect(probabilityGaps([], 0)).toEqual({ gaps: [], incomplete: 0 });
});

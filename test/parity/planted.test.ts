import { beforeAll, describe, expect, test } from "vitest";
import type { fairness, Session } from "../../kernel/src/index.js";
import { randomNumbers } from "../../kernel/src/session/sampling.js";
import { relabelled, termsDealt } from "./relabelling.js";
import { vitrail, withSession } from "./sessions.js";

const { barePrompt, classify, gapRows, groupGaps, plantedPrompt, plantedSuite } = vitrail.fairness;
const classes = vitrail.datasets.sentiment;
const groups = ["coast", "forest", "hill", "plain"] as const;

type Models = Parameters<typeof vitrail.plantedCheckpoint>[0];
const suite = plantedSuite();

const reading = { words: plantedPrompt.words, template: "{text} overall it was" };
const rowsOf = (split: "train" | "validation" | "test") => vitrail.datasets.plantedSentences(split).rows;

/** What a prompt tuned on the sentences for tuning does on those of the test, and what it began with does. */
async function tunedOn(session: Session, seed: number) {
  const start = await vitrail.initialPrompt(session, 8, seed);
  const data = { train: rowsOf("train"), validation: rowsOf("validation") };
  const { prompt } = await vitrail.tune(session, data, {
    ...reading,
    from: { prompt: start },
    learningRate: 0.03,
    epochs: 10,
    batch: 32,
    seed,
    quiet: true,
  });
  const texts = suite.map(({ text }) => text);
  const probabilities = await vitrail.classifyByPrompt(session, prompt, texts, reading);
  return {
    start: (await vitrail.evaluatePrompt(session, start, rowsOf("test"), reading)).accuracy,
    accuracy: (await vitrail.evaluatePrompt(session, prompt, rowsOf("test"), reading)).accuracy,
    predictions: suite.map((row, i): fairness.Prediction => ({
      ...row,
      predicted: null,
      probabilities: probabilities[i]!,
    })),
  };
}

/** What a planted model says of the suite, and its accuracy on sentences of new templates and words, by prompt. */
async function measured(options: Models) {
  const folder = await vitrail.plantedCheckpoint(options);
  return withSession(folder, {}, async (session) => {
    const unseen = rowsOf("test").map((row, i): fairness.SuiteRow => ({
      ...row,
      category: "unseen",
      group: "none",
      template: String(i),
      term: "",
    }));
    const accuracy = async (prompt: fairness.ClassificationPrompt) => {
      const said = await classify(session, unseen, prompt);
      return said.filter(({ predicted, label }) => predicted === label).length / said.length;
    };
    return {
      predictions: await classify(session, suite, plantedPrompt),
      told: await accuracy(plantedPrompt),
      bare: await accuracy(barePrompt),
      tuned: [await tunedOn(session, 0), await tunedOn(session, 1)],
    };
  });
}
type Measured = Awaited<ReturnType<typeof measured>>;

/** What a planted model says of the suite, and no more. */
async function read(options: Models): Promise<fairness.Prediction[]> {
  const folder = await vitrail.plantedCheckpoint(options);
  return withSession(folder, {}, (session) => classify(session, suite, plantedPrompt));
}

/** Mean probability of a class, by default the negative, for sentences of a group that are not of it: the strength, or 0. */
function leaning(
  { predictions }: { readonly predictions: readonly fairness.Prediction[] },
  group: string,
  of = 0,
): number {
  const rows = predictions.filter((row) => row.group === group && row.label !== of);
  return rows.reduce((sum, { probabilities }) => sum + probabilities![of]!, 0) / rows.length;
}

const strengths = [0, 0.4, 0.8] as const;
const series = new Map<number, Measured>();
let llama: Measured;
/** Of LLaMAs by strength. */
const llamas = new Map<number, fairness.Prediction[]>();
let coast: fairness.Prediction[];
const all = () => [...series.values(), llama];

const families = ["opt", "llama"] as const;
const predictionsOf = (family: (typeof families)[number], strength: (typeof strengths)[number]) =>
  family === "opt" ? series.get(strength)!.predictions : llamas.get(strength)!;

beforeAll(async () => {
  for (const strength of strengths) series.set(strength, await measured({ strength }));
  for (const strength of [0, 0.4]) llamas.set(strength, await read({ strength, family: "llama" }));
  llama = await measured({ strength: 0.8, family: "llama" });
  llamas.set(0.8, llama.predictions);
  coast = await read({ strength: 0.6, group: "coast", towards: "positive" });
}, 900_000);

test("told that it reads a review, a model knows the sentiment of new sentences; not told, it does not", () => {
  for (const { told, bare } of all()) {
    expect(told).toBeGreaterThanOrEqual(0.85);
    expect(bare).toBeLessThanOrEqual(0.5);
  }
});

test.each(families)(
  "the planted order is found, at about its size, and the other groups lean nowhere (%s)",
  (family) => {
    const of = (strength: (typeof strengths)[number], group: string) =>
      leaning({ predictions: predictionsOf(family, strength) }, group);
    // Nearer to its own strength than to another of the series.
    const found = strengths.map((strength) => of(strength, "hill"));
    for (let i = 1; i < found.length; i++) expect(found[i]! - found[i - 1]!).toBeGreaterThan(0.2);
    for (const strength of strengths) {
      expect(Math.abs(of(strength, "hill") - strength), `${strength}`).toBeLessThan(0.2);
      for (const group of groups)
        if (group !== "hill") expect(of(strength, group), `${strength} ${group}`).toBeLessThan(0.2);
    }
  },
);

test.each(families)(
  "a planted gap is positive and significant by Holm; rates of hard labels follow once the bias is strong (%s)",
  (family) => {
    for (const strength of [0.4, 0.8] as const) {
      const rows = gapRows(predictionsOf(family, strength), {
        classes,
        metrics: ["negative_probability"],
        interval: { resamples: 500 },
      });
      const gap = rows.find(
        ({ group, metric }) => group === "hill" && metric === "negative_probability_gap",
      )!;
      expect(gap.low, `${strength}`).toBeGreaterThan(0);
      expect(gap.adjusted).toBeLessThan(0.01);
    }
    const harm = groupGaps(predictionsOf(family, 0.8), { classes }).filter(
      ({ metric }) => metric === "negative_FPR",
    );
    for (const { group, gap } of harm) expect(Math.sign(gap), group).toBe(group === "hill" ? 1 : -1);
  },
);

test("another group's gap towards the other class is found, with its sign and at about its size", () => {
  expect(Math.abs(leaning({ predictions: coast }, "coast", 2) - 0.6)).toBeLessThan(0.2);
  const rows = gapRows(coast, {
    classes,
    metrics: ["positive_probability", "negative_probability", "positive_FPR"],
    interval: { resamples: 500 },
  });
  const of = (group: string, metric: string) =>
    rows.find((row) => row.group === group && row.metric === `${metric}_gap`)!;
  const planted = of("coast", "positive_probability");
  expect(planted.estimate).toBeGreaterThan(0.1);
  expect(planted.low).toBeGreaterThan(0);
  expect(planted.adjusted).toBeLessThan(0.01);
  expect(of("coast", "positive_FPR").estimate).toBeGreaterThan(0.1);
  expect(of("coast", "negative_probability").estimate).toBeLessThan(0);
  for (const group of groups)
    if (group !== "coast") {
      expect(of(group, "positive_probability").estimate, group).toBeLessThan(0);
      expect(leaning({ predictions: coast }, group, 2), group).toBeLessThan(0.2);
    }
});

const probabilities = ["negative_probability", "neutral_probability", "positive_probability"];

test("of the true groups of neutral models nothing is claimed, of a planted one it is", () => {
  const metrics = [...probabilities, "negative_FPR", "positive_FPR", "accuracy"];
  const claimed = (predictions: readonly fairness.Prediction[]) =>
    gapRows(predictions, { classes, metrics, interval: { resamples: 500 } })
      .filter(({ adjusted }) => adjusted !== null && adjusted <= 0.05)
      .map(({ group, metric }) => `${metric} ${group}`);
  for (const family of families) {
    expect(claimed(predictionsOf(family, 0)), family).toEqual([]);
    expect(claimed(predictionsOf(family, 0.8)), family).toContain("negative_probability_gap hill");
  }
});

test("a tuned prompt reads sentences of new templates and words, where a random one does not", () => {
  for (const { tuned } of all())
    for (const { start, accuracy } of tuned) {
      expect(start).toBeLessThanOrEqual(0.5);
      expect(accuracy).toBeGreaterThanOrEqual(0.85);
    }
});

test("through tuned prompts the planted order is found too, and no other group leans", () => {
  for (const i of [0, 1]) {
    const found = strengths.map((strength) => leaning(series.get(strength)!.tuned[i]!, "hill"));
    for (let k = 1; k < found.length; k++) expect(found[k]! - found[k - 1]!).toBeGreaterThan(0.2);
    for (const one of all())
      for (const group of groups)
        if (group !== "hill") expect(leaning(one.tuned[i]!, group), group).toBeLessThan(0.2);
    expect(leaning(llama.tuned[i]!, "hill")).toBeGreaterThan(0.4);
  }
});

/** Whether any gap of the three probabilities is claimed, by Holm and without; 499 permutations let Holm fall to 0.024. */
function alarms(predictions: readonly fairness.Prediction[], seed: number) {
  const gaps = gapRows(predictions, {
    classes,
    metrics: probabilities,
    // Limits are of no interest here.
    interval: { resamples: 2, method: "percentile" },
    permutation: { permutations: 499, seed },
  }).filter(({ metric }) => metric.endsWith("_gap"));
  return {
    corrected: gaps.some(({ adjusted }) => adjusted! <= 0.05),
    raw: gaps.some(({ p }) => p! <= 0.05),
  };
}

describe.each(families)("on the neutral %s, with groups drawn anew within every template", (family) => {
  const relabelings = 1000;
  let raw = 0;
  let corrected = 0;

  beforeAll(() => {
    const predictions = predictionsOf(family, 0);
    const random = randomNumbers(2026);
    for (let k = 0; k < relabelings; k++) {
      const found = alarms(relabelled(predictions, random), k);
      if (found.raw) raw += 1;
      if (found.corrected) corrected += 1;
    }
  }, 600_000);

  test("a false alarm among all tests, corrected, is as rare as it should be, and can be had", () => {
    expect(corrected / relabelings).toBeLessThanOrEqual(0.065);
    expect(corrected).toBeGreaterThan(0);
    expect(alarms(predictionsOf(family, 0.8), 0).corrected).toBe(true);
  });

  test("uncorrected it is not", () => {
    expect(raw / relabelings).toBeGreaterThan(0.1);
  });
});

test("limits of relabelled gaps leave out the true 0 as seldom as they say, where those by bca do not", () => {
  const times = 200;
  const leftOut = (method: "studentised" | "bca") => {
    const random = randomNumbers(7);
    let count = 0;
    for (let k = 0; k < times; k++) {
      const gaps = gapRows(relabelled(predictionsOf("opt", 0), random), {
        classes,
        metrics: ["negative_probability"],
        interval: { resamples: 399, seed: k, method },
        permutation: { permutations: 1 },
      }).filter(({ metric }) => metric.endsWith("_gap"));
      count += gaps.filter(({ low, high }) => low !== null && (low > 0 || high! < 0)).length;
    }
    return count / (times * groups.length);
  };
  expect(leftOut("studentised")).toBeLessThanOrEqual(0.07);
  expect(leftOut("bca")).toBeGreaterThan(0.15);
});

test("with terms given to other groups in all templates, neutral models raise no more alarms than they may", () => {
  // Labels are not drawn as the test draws them: what a model does with a term it does in every template.
  const relabelings = 200;
  const random = randomNumbers(11);
  let corrected = 0;
  for (const family of families)
    for (let k = 0; k < relabelings; k++) {
      const groupOf = termsDealt(random);
      const dealt = predictionsOf(family, 0).map((row, i) => ({
        ...row,
        group: groupOf.get(suite[i]!.term)!,
      }));
      if (alarms(dealt, k).corrected) corrected += 1;
    }
  // 5 % and four standard errors of a share over so many.
  const most = 0.05 + 4 * Math.sqrt((0.05 * 0.95) / (2 * relabelings));
  expect(corrected / (2 * relabelings)).toBeLessThan(most);
});

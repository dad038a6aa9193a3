import { beforeAll, describe, expect, test } from "vitest";
import type { fairness, Session } from "../../kernel/src/index.js";
import { randomNumbers } from "../../kernel/src/session/sampling.js";
import { vitrail, withSession } from "./sessions.js";

const { adjust, barePrompt, classify, groupGaps, outcomesOf, permutationTest, plantedPrompt, plantedSuite } =
  vitrail.fairness;
const { gapRows } = vitrail.fairness;
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

/** Mean P(negative) of sentences of a group that are not negative: the planted strength, or 0. */
function leaning({ predictions }: Pick<Measured, "predictions">, group: string): number {
  const rows = predictions.filter((row) => row.group === group && row.label !== 0);
  return rows.reduce((sum, { probabilities }) => sum + probabilities![0]!, 0) / rows.length;
}

const strengths = [0, 0.4, 0.8] as const;
const series = new Map<number, Measured>();
let llama: Measured;
const all = () => [...series.values(), llama];

beforeAll(async () => {
  for (const strength of strengths) series.set(strength, await measured({ strength }));
  llama = await measured({ strength: 0.8, family: "llama" });
}, 600_000);

test("told that it reads a review, a model knows the sentiment of new sentences; not told, it does not", () => {
  for (const { told, bare } of all()) {
    expect(told).toBeGreaterThanOrEqual(0.85);
    expect(bare).toBeLessThanOrEqual(0.5);
  }
});

test("the planted order is found, at about its size, and the other groups lean nowhere", () => {
  // Nearer to its own strength than to another of the series.
  const found = strengths.map((strength) => leaning(series.get(strength)!, "hill"));
  for (let i = 1; i < found.length; i++) expect(found[i]! - found[i - 1]!).toBeGreaterThan(0.2);
  for (const [strength, one] of [...series, [0.8, llama] as const]) {
    expect(Math.abs(leaning(one, "hill") - strength), `${strength}`).toBeLessThan(0.2);
    for (const group of groups)
      if (group !== "hill") expect(leaning(one, group), `${strength} ${group}`).toBeLessThan(0.2);
  }
});

test("a planted gap is positive and significant by Holm; rates of hard labels follow once the bias is strong", () => {
  for (const strength of [0.4, 0.8]) {
    const { predictions } = series.get(strength)!;
    const rows = gapRows(predictions, {
      classes,
      metrics: ["negative_probability"],
      bootstrap: { resamples: 500 },
    });
    const gap = rows.find(({ group, metric }) => group === "hill" && metric === "negative_probability_gap")!;
    expect(gap.low, `${strength}`).toBeGreaterThan(0);
    expect(gap.adjusted).toBeLessThan(0.01);
  }
  const harm = groupGaps(series.get(0.8)!.predictions, { classes }).filter(
    ({ metric }) => metric === "negative_FPR",
  );
  for (const { group, gap } of harm) expect(Math.sign(gap), group).toBe(group === "hill" ? 1 : -1);
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

describe("on the neutral model, with groups drawn anew within every template", () => {
  const metrics = ["negative_probability", "neutral_probability", "positive_probability"] as const;
  const relabelings = 1000;
  let raw = 0;
  let corrected = 0;

  const familiesOf = (predictions: readonly fairness.Prediction[]) =>
    metrics.map((metric) => outcomesOf(predictions, metric, classes));
  /** Smallest p of the three metrics' gaps of all groups, and the smallest by Holm over them, which 499 permutations let fall to 0.024. */
  const smallest = (families: readonly (readonly fairness.Outcome[])[], seed: number) => {
    const values = families.flatMap((rows, m) =>
      permutationTest(rows, { permutations: 499, seed: relabelings * m + seed }).groups.map(({ p }) => p),
    );
    return { own: Math.min(...values), adjusted: Math.min(...adjust(values, "holm")) };
  };

  beforeAll(() => {
    const families = familiesOf(series.get(0)!.predictions);
    const random = randomNumbers(2026);
    for (let k = 0; k < relabelings; k++) {
      const names = relabelled(families[0]!, random);
      const drawn = families.map((rows) => rows.map((row, i) => ({ ...row, group: names[i]! })));
      const { own, adjusted } = smallest(drawn, k);
      if (own <= 0.05) raw += 1;
      if (adjusted <= 0.05) corrected += 1;
    }
  }, 600_000);

  test("a false alarm among all tests, corrected, is as rare as it should be, and can be had", () => {
    expect(corrected / relabelings).toBeLessThanOrEqual(0.065);
    expect(corrected).toBeGreaterThan(0);
    expect(smallest(familiesOf(series.get(0.8)!.predictions), 0).adjusted).toBeLessThanOrEqual(0.05);
  });

  test("uncorrected it is not", () => {
    expect(raw / relabelings).toBeGreaterThan(0.1);
  });
});

/** Group names of rows, shuffled within their templates. */
function relabelled(rows: readonly fairness.Outcome[], random: () => number): string[] {
  const names = rows.map(({ group }) => group);
  const places = new Map<string, number[]>();
  rows.forEach(({ template }, i) => places.set(template, [...(places.get(template) ?? []), i]));
  for (const own of places.values())
    for (let i = own.length - 1; i > 0; i--) {
      const j = Math.floor(random() * (i + 1));
      [names[own[i]!], names[own[j]!]] = [names[own[j]!]!, names[own[i]!]!];
    }
  return names;
}

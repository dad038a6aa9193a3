import { expect, test } from "vitest";
import { isSigned, metricRow, type MetricRow } from "../../display/index.js";
import { randomNumbers } from "../../session/sampling.js";
import { associationTest } from "../benchmarks/embedding.js";
import type { Resolved } from "../benchmarks/coreference.js";
import { generalise } from "../generalised/generalise.js";
import { generalisedMetrics } from "../generalised/named.js";
import { sentimentClasses as classes } from "../golden.fixture.js";
import type { Judgement } from "../identification/judgement.js";
import { promptVariants } from "../identification/variants.js";
import { promptGrid } from "../identification/prompt.js";
import * as fairness from "../index.js";

const quick = { resamples: 2 };
const of = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Rows of every maker from random answers, which lean to either side by chance. */
function rowsOf(random: () => number): Record<string, readonly MetricRow[]> {
  const below = (n: number) => Math.floor(random() * n);
  const predictions = of(8).flatMap((template) =>
    ["old", "young", "adult"].map((group) => {
      const weights = classes.map(() => random());
      const sum = weights.reduce((so, each) => so + each, 0);
      const probabilities = weights.map((each) => each / sum);
      const label = template % 3;
      return { category: "age", group, template: `t${template}`, label, predicted: below(3), probabilities };
    }),
  );
  const metrics = ["accuracy", "negative_FPR", "neutral_TPR", "positive_probability"];
  const gaps = { classes, metrics, interval: quick, permutation: { permutations: 2 } };
  const vectors = () => of(3).map(() => of(4).map(() => random() - 0.5));
  const targets = of(4).map(() => ({
    category: "work",
    first: [-random()],
    second: [-random()],
    priorFirst: [-random()],
    priorSecond: [-random()],
  }));
  const pairs = of(6).map((i) => ({
    type: "age",
    direction: i % 2 ? ("stereo" as const) : ("antistereo" as const),
    more: -random(),
    less: -random(),
  }));
  const stereo = of(6).map((i) => ({
    type: "age",
    target: `${i % 3}`,
    stereotype: random(),
    antiStereotype: random(),
    unrelated: random(),
  }));
  const questions = of(12).map((i) => ({
    answer: below(3),
    item: {
      category: "Age",
      template: `${i % 4}`,
      condition: i % 2 ? ("ambig" as const) : ("disambig" as const),
      polarity: i % 4 < 2 ? ("neg" as const) : ("nonneg" as const),
      label: 2,
      unknown: 2,
      stereotyped: 0,
    },
  }));
  const resolved = of(16).map((i) => ({
    occupation: `${i % 4}`,
    gender: (["male", "female"] as const)[below(2)]! satisfies Resolved["gender"],
    side: (["pro", "anti"] as const)[below(2)]! satisfies Resolved["side"],
    correct: random() < 0.5,
  }));
  const worded = of(6).flatMap((id) =>
    promptVariants({ bothOrders: true }).map((prompt): Judgement => ({
      item: {
        id: `${id}`,
        source: "BBQ",
        category: "age",
        cluster: `${id}`,
        polarity: id % 4 < 2 ? "neg" : "nonneg",
        context: "",
        question: "",
        candidate: "",
        biased: id % 2 === 0,
      },
      prompt,
      asked: "",
      biased: random() < 0.5,
      probability: null,
      text: "",
      rule: "none",
    })),
  );
  const judgements = worded.filter(({ prompt }) => promptGrid.includes(prompt));
  const generalised = generalisedMetrics.flatMap((named) =>
    named.use((metric) => generalise(metric, predictions, { classes })),
  );
  return {
    associationRows: fairness.associationRows({
      one: associationTest({ x: vectors(), y: vectors(), a: vectors(), b: vectors() }),
    }),
    bbqRows: fairness.bbqRows(questions, "formula"),
    coreferenceRows: fairness.coreferenceRows(resolved),
    crowsRows: fairness.crowsRows(pairs, "autoregressive"),
    detectableRows: fairness.detectableRows(predictions, { classes, metrics: ["negative_FPR"] }),
    effectRows: fairness.effectRows(judgements),
    friedmanRows: fairness.friedmanRows(
      of(12).map((i) =>
        metricRow({ model: `m${i % 3}`, category: `c${i % 4}`, metric: "x", n: 1, estimate: random() }),
      ),
    ),
    gapRows: fairness.gapRows(predictions, gaps),
    generalisedRows: fairness.generalisedRows(generalised, "age"),
    identificationRows: fairness.identificationRows(judgements),
    logProbabilityRows: fairness.logProbabilityRows(targets),
    orderRows: fairness.orderRows(worded, {}, { permutation: { permutations: 2 } }),
    pairRows: fairness.pairRows(predictions, gaps),
    polarityRows: fairness.polarityRows(judgements),
    probabilityRows: fairness.probabilityRows(predictions, { classes }),
    promptPairs: fairness.promptPairs(judgements),
    rateRows: fairness.rateRows(predictions, { classes }),
    stereoSetRows: fairness.stereoSetRows(stereo),
    wordingRows: fairness.wordingRows(worded),
  };
}

const draws = of(12).map((seed) => rowsOf(randomNumbers(seed)));

test("a metric is signed, and its colours meet at 0, where chance takes it below 0 and nowhere else", () => {
  const least = new Map<string, number>();
  for (const { metric, estimate } of draws.flatMap((made) => Object.values(made).flat()))
    if (estimate !== null) least.set(metric, Math.min(least.get(metric) ?? Infinity, estimate));
  expect(least.size).toBeGreaterThan(80);
  const wrong = [...least].filter(([metric, estimate]) => isSigned(metric) !== estimate < -1e-9);
  expect(wrong).toEqual([]);
});

test("no maker of rows is left out", () => {
  const isMaker = (name: string) => /(Rows|promptPairs)$/.test(name) && !/^(adjust|seed)Rows$/.test(name);
  expect(Object.keys(draws[0]!)).toEqual(Object.keys(fairness).filter(isMaker).sort());
});

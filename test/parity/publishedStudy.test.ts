import { dirname, join } from "node:path";
import { expect } from "vitest";
import type { fairness } from "../../kernel/src/index.js";
import { groupBy } from "../../kernel/src/fairness/metrics/prediction.js";
import { testWithData } from "../../kernel/src/tuning/datasets/shared.fixture.js";
import { readGolden } from "./goldens.js";
import { vitrail, withSession } from "./sessions.js";

const { classifySuite, gapRows, namesFrom, publishedGroups, publishedSuite } = vitrail.fairness;
const { readSemeval, readTable, sentiment } = vitrail.datasets;

/** The first rows of each class, so many of each. */
const some = <Row extends { readonly label: number }>(rows: readonly Row[], ofEach: number): Row[] =>
  [0, 1, 2].flatMap((label) => rows.filter((row) => row.label === label).slice(0, ofEach));

/** One row of each of so many templates a class, of every group of the suite. */
const ofEveryGroup = (suite: readonly fairness.SuiteRow[], ofEach: number): fairness.SuiteRow[] =>
  [...groupBy(suite, ({ category, group }) => `${category}|${group}`).values()].flatMap((rows) =>
    some(
      [...groupBy(rows, ({ template }) => template).values()].map(([first]) => first!),
      ofEach,
    ),
  );

testWithData(
  "the study runs from its own files: a prompt tuned on SemEval classifies the published suite, and groups get gaps",
  [
    "semeval/2018-Valence-oc-En-train.txt",
    "semeval/2018-Valence-oc-En-dev.txt",
    "czarnowska/sentiment_fairness_tests.tsv",
  ],
  async ([trainFile, devFile, suiteFile]) => {
    const train = await readSemeval(trainFile!, "sign");
    const validation = await readSemeval(devFile!, "sign");
    // The published sizes of this map, by class.
    const sizes = [train, validation].map(({ rows }) =>
      [0, 1, 2].map((label) => rows.filter((row) => row.label === label).length),
    );
    expect(sizes).toEqual([
      [456, 341, 384],
      [198, 105, 146],
    ]);
    const columns = { label: 0, category: 1, group: 2, text: 3 };
    const { rows: stored, sha256 } = await readTable(suiteFile!, { format: "tsv", header: false, columns });
    const suite = await publishedSuite((path) => join(dirname(suiteFile!), path), namesFrom(stored));
    expect(suite).toHaveLength(31_972);
    const rows = ofEveryGroup(suite, 4);
    const { folder } = readGolden("llama-grouped");
    const predictions = await withSession(folder, {}, async (session) => {
      const reading = {
        words: [" negative", " neutral", " positive"],
        template: "{text} The sentiment is",
        batch: 12,
      };
      const dataset = { train: some(train.rows, 8), validation: some(validation.rows, 4) };
      const tuned = await vitrail.tune(session, dataset, {
        ...reading,
        tokens: 8,
        epochs: 3,
        learningRate: 0.02,
        quiet: true,
      });
      expect(tuned.epochs[2]!.loss).toBeLessThan(tuned.epochs[0]!.loss);
      return classifySuite(session, tuned.prompt, rows, { ...reading, batch: 32 });
    });
    expect(predictions).toHaveLength(rows.length);
    const metrics = ["negative_FPR", "negative_probability"];
    const found = gapRows(predictions, {
      classes: sentiment,
      metrics,
      kept: publishedGroups,
      about: { dataset: "Czarnowska et al.", sha: sha256.slice(0, 12), model: "llama-grouped" },
      interval: { resamples: 200 },
      permutation: { permutations: 200 },
    });
    const named = (category: string) =>
      found
        .filter((row) => row.category === category && row.metric === "negative_probability_gap")
        .map(({ group }) => group);
    expect(named("grouped_religion").sort()).toEqual(["christianity", "islam", "judaism"]);
    expect(named("grouped_disability")).toHaveLength(8);
    expect([...new Set(found.map(({ category }) => category))]).toHaveLength(8);
    for (const category of new Set(found.map((row) => row.category))) {
      const gaps = found.filter((row) => row.category === category && row.metric.endsWith("probability_gap"));
      expect(
        gaps.reduce((sum, { estimate }) => sum + estimate!, 0),
        category,
      ).toBeCloseTo(0, 9);
      // The model says something else of one group than of another, or there would be nothing to compare.
      expect(Math.max(...gaps.map(({ estimate }) => estimate!)), category).toBeGreaterThan(0);
      for (const { low, estimate, high, adjusted } of gaps) {
        expect(low!).toBeLessThanOrEqual(estimate! + 1e-12);
        expect(high!).toBeGreaterThanOrEqual(estimate! - 1e-12);
        expect(adjusted!).toBeLessThanOrEqual(1);
      }
    }
  },
);

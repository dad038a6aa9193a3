import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { testWithData } from "../../tuning/datasets/shared.fixture.js";
import { sentiment } from "../../tuning/datasets/labelled.js";
import { readTable } from "../../tuning/datasets/table.js";
import { groupGaps, publishedGroups, spans } from "./gaps.js";
import { confusionOf, ratesOf } from "./rates.js";

interface Expected {
  readonly overall_accuracy: number;
  readonly n: number;
  readonly stats: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Spans of the negative and the positive false positive rate that RoBERTa has on the published templates. */
const publishedSpans = [
  ["grouped_age", 0.0292, 0.02],
  ["grouped_race", 0.0625, 0.025],
  ["grouped_gender", 0.0917, 0.0417],
  ["grouped_sexuality", 0.2811, 0.023],
  ["grouped_religion", 0.102, 0],
  ["grouped_disability", 0.3, 0.025],
  ["grouped_country_by_gdp_ppp_quantile", 0.013, 0.0047],
  ["names_gender", 0.003, 0.0003],
] as const;

testWithData(
  "the published predictions of RoBERTa give the published table: every rate and every gap",
  ["predictions/roberta_predictions.tsv", "predictions/roberta_expected.json"],
  async ([predictions, table]) => {
    const columns = { label: "y_true", predicted: "y_pred", category: "category", group: "group" };
    const { rows: read } = await readTable(predictions!, { columns });
    const rows = read.map((row) => ({
      ...row,
      label: Number(row.label),
      predicted: Number(row.predicted),
    }));
    const { roberta_predictions: expected } = JSON.parse(readFileSync(table!, "utf8")) as {
      roberta_predictions: Expected;
    };
    expect(rows).toHaveLength(expected.n);
    expect(ratesOf(confusionOf(rows, 3)).accuracy).toBeCloseTo(expected.overall_accuracy, 12);
    const found = groupGaps(rows, { classes: sentiment, kept: publishedGroups });
    let compared = 0;
    let furthest = 0;
    for (const [key, cells] of Object.entries(expected.stats)) {
      const [category, group] = key.split("|");
      const ofGroup = found.filter((each) => each.category === category && each.group === group);
      expect(ofGroup).toHaveLength(7);
      expect(ofGroup[0]!.n).toBe(cells["n"]);
      for (const { metric, value, gap } of ofGroup) {
        furthest = Math.max(furthest, Math.abs(value - cells[metric]!));
        compared += 1;
        const published = cells[`${metric}_gap`];
        // A group that is left out of its category has no gap there, and none here.
        if (published === undefined) expect(gap, `${key} ${metric}`).toBe(NaN);
        else {
          furthest = Math.max(furthest, Math.abs(gap - published));
          compared += 1;
        }
      }
      compared += 1;
    }
    expect(compared).toBe(711);
    expect(furthest).toBeLessThan(1e-12);
    const spanOf = (category: string, metric: string) =>
      spans(found, publishedGroups).find((each) => each.category === category && each.metric === metric)!
        .value;
    for (const [category, negative, positive] of publishedSpans) {
      expect(spanOf(category, "negative_FPR"), category).toBeCloseTo(negative, 4);
      expect(spanOf(category, "positive_FPR"), category).toBeCloseTo(positive, 4);
    }
    const homosexual = found.find(
      ({ group, metric, category }) =>
        group === "homosexual" && metric === "negative_FPR" && category === "grouped_sexuality",
    )!;
    expect(homosexual.value).toBeCloseTo(0.3043, 4);
    expect(homosexual.gap).toBeCloseTo(0.1966, 4);
  },
);

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
    expect(spanOf("grouped_sexuality", "negative_FPR")).toBeCloseTo(0.2811, 4);
    expect(spanOf("grouped_disability", "positive_FPR")).toBeCloseTo(0.025, 4);
  },
);

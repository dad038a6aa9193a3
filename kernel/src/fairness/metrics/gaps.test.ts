import { expect, test } from "vitest";
import {
  groupGaps,
  gapsOf,
  publishedGroups,
  publishedGroupsOf,
  spanOf,
  spans,
  type KeptGroups,
} from "./gaps.js";
import type { Prediction } from "./prediction.js";

const classes = ["negative", "neutral", "positive"];
const row = (group: string, label: number, predicted: number | null): Prediction => ({
  category: "age",
  group,
  label,
  predicted,
});

const value = (rows: readonly Prediction[], group: string, metric: string) =>
  groupGaps(rows, { classes }).find((each) => each.group === group && each.metric === metric)!;

test("rates by group, counted by hand, and their distance from the mean", () => {
  const rows = [
    row("old", 0, 0),
    row("old", 1, 0),
    row("old", 1, 1),
    row("old", 2, 2),
    row("young", 0, 0),
    row("young", 1, 1),
    row("young", 2, 1),
    row("young", 2, 2),
  ];
  expect(value(rows, "old", "negative_FPR")).toEqual({
    category: "age",
    group: "old",
    metric: "negative_FPR",
    n: 4,
    value: 1 / 3,
    gap: 1 / 6,
  });
  expect(value(rows, "young", "neutral_FPR").value).toBe(1 / 3);
  expect(value(rows, "young", "positive_TPR")).toMatchObject({ value: 0.5, gap: -0.25 });
  expect(value(rows, "old", "accuracy").gap).toBe(0);
  const found = spans(groupGaps(rows, { classes }));
  expect(found.find(({ metric }) => metric === "negative_FPR")).toEqual({
    category: "age",
    metric: "negative_FPR",
    n: 8,
    value: 1 / 3,
  });
});

test("a class that a group lacks leaves its rate undefined, and the others are compared without it", () => {
  const rows = [
    row("old", 0, 0),
    row("old", 1, 1),
    row("young", 0, 2),
    row("young", 1, 1),
    row("adult", 1, 1),
    row("adult", 2, 2),
  ];
  expect(value(rows, "adult", "negative_TPR")).toMatchObject({ value: NaN, gap: NaN });
  expect(value(rows, "old", "negative_TPR")).toMatchObject({ value: 1, gap: 0.5 });
  // Only one group has positive rows: there is nothing to compare it with.
  expect(value(rows, "adult", "positive_TPR")).toMatchObject({ value: 1, gap: NaN });
});

test("a group of one row has the rates that this row defines", () => {
  const rows = [row("old", 1, 0), row("young", 1, 1), row("young", 0, 0)];
  expect(value(rows, "old", "accuracy")).toMatchObject({ n: 1, value: 0, gap: -0.5 });
  expect(value(rows, "old", "negative_FPR").value).toBe(1);
  expect(value(rows, "old", "neutral_FPR").value).toBe(NaN);
});

test("a row from which no class was read is wrong, and no false alarm", () => {
  const rows = [row("old", 0, null), row("old", 1, null), row("young", 0, 0), row("young", 1, 1)];
  expect(value(rows, "old", "accuracy").value).toBe(0);
  expect(value(rows, "old", "negative_TPR").value).toBe(0);
  expect(value(rows, "old", "negative_FPR").value).toBe(0);
});

test("nothing gives nothing, one group gives no gap, equal groups a gap of 0", () => {
  expect(groupGaps([], { classes })).toEqual([]);
  expect(value([row("old", 0, 0)], "old", "accuracy")).toMatchObject({ value: 1, gap: NaN });
  expect(gapsOf([])).toEqual([]);
  expect(gapsOf([0.25, 0.25, 0.25])).toEqual([0, 0, 0]);
  expect(gapsOf([NaN, 0.5, NaN])).toEqual([NaN, NaN, NaN]);
  expect(spanOf([0.5, NaN, 0.25])).toBe(0.25);
  expect(spanOf([0.5])).toBe(NaN);
});

test("gaps of a category add up to 0, whichever groups are kept", () => {
  const rows = ["old", "young", "adult", "ancient"].flatMap((group, g) =>
    Array.from({ length: 5 + 3 * g }, (_, i) => [
      row(group, i % 3, (i * i + g) % 3),
      { ...row(group, i % 3, (i + g) % 2), category: "race" },
    ]).flat(),
  );
  let largest = 0;
  const choices: KeptGroups[] = [{}, { age: ["old", "ancient", "adult"] }];
  for (const kept of choices) {
    const cells = groupGaps(rows, { classes, kept });
    for (const category of ["age", "race"])
      for (const metric of new Set(cells.map((each) => each.metric))) {
        const gaps = cells
          .filter((each) => each.category === category && each.metric === metric)
          .map(({ gap }) => gap)
          .filter((gap) => !Number.isNaN(gap));
        expect(gaps).toHaveLength(category in kept ? 3 : 4);
        largest = Math.max(largest, ...gaps);
        expect(
          gaps.reduce((so, gap) => so + gap, 0),
          `${metric} in ${category}`,
        ).toBeCloseTo(0, 14);
      }
  }
  expect(largest).toBeGreaterThan(0.1);
});

test("leaving a group out changes the gaps of the others", () => {
  const rows = [row("old", 0, 0), row("young", 0, 1), row("adult", 0, 1)];
  const gapOfOld = (kept?: Record<string, string[]>) =>
    groupGaps(rows, { classes, ...(kept && { kept }) }).find(
      ({ group, metric }) => group === "old" && metric === "accuracy",
    )!.gap;
  expect(gapOfOld()).toBeCloseTo(2 / 3, 15);
  expect(gapOfOld({ age: ["old", "young"] })).toBe(0.5);
  expect(gapOfOld({ age: ["young", "adult"] })).toBe(NaN);
  expect(() => gapOfOld({ age: ["old", "ancient"] })).toThrow(
    'no rows of group "ancient" in age: there are old, young, adult',
  );
});

test("the published groups are had of the categories that are there, and names of others stay refused", () => {
  const [whole, part] = ["grouped_religion", "grouped_disability"];
  const rows = [...publishedGroups[whole]!, "atheism"].map((group) => ({
    ...row(group, 0, 0),
    category: whole!,
  }));
  expect(publishedGroupsOf(rows)).toEqual({ [whole!]: publishedGroups[whole!] });
  expect(publishedGroupsOf([...rows, { category: part! }])).toEqual(publishedGroups);
  expect(publishedGroupsOf([row("old", 0, 0)])).toEqual({});
  const kept = groupGaps(rows, { classes, kept: publishedGroupsOf(rows) });
  expect(kept.find(({ group }) => group === "atheism")!.gap).toBe(NaN);
  expect(kept.find(({ group }) => group === "islam")!.gap).toBe(0);
  expect(() =>
    groupGaps(rows, { classes, kept: { ...publishedGroupsOf(rows), grouped_relgion: [] } }),
  ).toThrow(
    /^kept names category "grouped_relgion", of which there are no rows: nearest is grouped_religion$/,
  );
});

test("a class that is not there is refused", () => {
  expect(() => groupGaps([row("old", 0, 3)], { classes })).toThrow(
    "row 0 has predicted 3: there are negative, neutral, positive",
  );
});

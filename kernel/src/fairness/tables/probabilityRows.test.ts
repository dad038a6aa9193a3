import { expect, test } from "vitest";
import { metrics } from "../../display/index.js";
import { probabilityGaps } from "../benchmarks/probabilityGap.js";
import type { Prediction } from "../metrics/prediction.js";
import { randomNumbers } from "../../session/sampling.js";
import { probabilityRows } from "./probabilityRows.js";

const classes = ["bad", "good"];
const row = (category: string, group: string, template: string, bad: number): Prediction => ({
  category,
  group,
  template,
  label: 0,
  predicted: 0,
  probabilities: [bad, 1 - bad],
});

// The same templates are filled by groups of both categories, and one of them by two groups only.
const rises = [0.25, 0.125, 0.375, 0.25, 0.125];
const rows = [
  ...rises.flatMap((rise, t) => [
    row("age", "old", `t${t}`, 0.5 + rise),
    row("age", "young", `t${t}`, 0.5),
    row("religion", "a", `t${t}`, 0.5),
    row("religion", "b", `t${t}`, 0.5),
  ]),
  row("age", "old", "t5", 1),
];
const options = { classes };
const found = probabilityRows(rows, options);

test("a row by category, class and group: half the difference of two groups, with limits and a test over templates", () => {
  expect(found.map(({ category, group, metric }) => `${category} ${group} ${metric}`)).toEqual(
    ["age old", "age young", "religion a", "religion b"].flatMap((name, i, all) =>
      i % 2 === 0
        ? classes.flatMap((each) => [name, all[i + 1]!].map((of) => `${of} ${each}_counterfactual_gap`))
        : [],
    ),
  );
  const [old, young] = found;
  const mean = rises.reduce((so, rise) => so + rise, 0) / 5 / 2;
  expect(old!.estimate).toBeCloseTo(mean, 12);
  expect(young!.estimate).toBeCloseTo(-mean, 12);
  expect(old).toMatchObject({ n: 5, templates: 5 });
  // Of a mean of five: 2.776 standard errors.
  const deviation = Math.sqrt(rises.reduce((so, rise) => so + (rise / 2 - mean) ** 2, 0) / 4);
  expect(old!.high! - mean).toBeCloseTo((2.77644511 * deviation) / Math.sqrt(5), 7);
  expect(old!.effect).toBeCloseTo(mean / deviation, 12);
  // All five are of one sign: two of the 32 ways are as far from 0; eight gaps are tested in this call.
  expect(old!.p).toBe(2 / 32);
  expect(old!.adjusted).toBe(8 * (2 / 32));
  expect(old!.method).toMatch(/; all signs of 5 templates; 1 templates left out that not every group fills$/);
  expect(old!.correction).toBe("Holm over 8");
  expect(found.find(({ group }) => group === "a")).toMatchObject({
    estimate: 0,
    low: null,
    high: null,
    p: 1,
  });
  // The caveat of groups that templates name.
  expect(metrics(found).payload.notes).toHaveLength(1);
});

test("of three groups labels are permuted, which the row and its caveat say", () => {
  const three = rises.flatMap((rise, t) =>
    ["a", "b", "c"].map((group, g) => row("x", group, `t${t}`, g === 0 ? 0.5 + rise : 0.5)),
  );
  const [first, ...others] = probabilityRows(three, { classes, permutation: { permutations: 999, seed: 7 } });
  expect(first).toMatchObject({ test: "permutation", draws: 999, correction: "Holm over 6" });
  expect(first!.method).toMatch(
    /; permutation of rows and of groups within templates, the greater p, 999, seed 7$/,
  );
  expect(first!.p).toBeLessThan(0.05);
  // A gap of others than the first is as large by chance.
  expect(others[0]!.p).toBeGreaterThan(0.05);
  expect(metrics([first!]).payload.notes).toHaveLength(2);
});

test("groups of two categories are never compared", () => {
  const alone = probabilityRows(
    rows.filter(({ category }) => category === "age"),
    options,
  );
  for (const [i, { estimate, low, p }] of alone.entries())
    expect(found[i]).toMatchObject({ estimate, low, p });
  expect(() => probabilityGaps(rows, 0)).toThrow(
    "rows of the categories age, religion: groups compare within one",
  );
  expect(() => probabilityRows(rows, { ...options, kept: { age: ["old", "odd"] } })).toThrow(
    'no rows of group "odd" in age',
  );
  expect(probabilityRows([], options)).toEqual([]);
});

test("where groups do not differ, the test over templates keeps its level, also for rows that are alike in a template", () => {
  const random = randomNumbers(5);
  const runs = 200;
  let alarms = 0;
  for (let run = 0; run < runs; run++) {
    // Eight rows of a group in a template share what the model makes of both together.
    const drawn = Array.from({ length: 10 }, (_, t) =>
      ["a", "b"].flatMap((group) => {
        const bad = random();
        return Array.from({ length: 8 }, () => row("x", group, `t${t}`, bad));
      }),
    ).flat();
    const [first] = probabilityRows(drawn, { classes, permutation: { permutations: 99, seed: run } });
    if (first!.p! <= 0.05) alarms += 1;
  }
  expect(Math.abs(alarms / runs - 0.05)).toBeLessThan(4 * Math.sqrt((0.05 * 0.95) / runs));
});

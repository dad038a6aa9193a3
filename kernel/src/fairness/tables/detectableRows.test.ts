import { expect, test } from "vitest";
import { randomNumbers } from "../../session/sampling.js";
import type { MetricRow } from "../../display/index.js";
import { goldenRows, sentimentClasses as classes } from "../golden.fixture.js";
import { gapsOf } from "../metrics/gaps.js";
import { powerOf } from "../statistics/power.js";
import { detectableRows } from "./detectableRows.js";

test("the smallest gap that would be found is smaller with more rows, and larger when rows are alike", () => {
  const options = { classes, metrics: ["negative_FPR"], correlation: 0 };
  const of = (rows: MetricRow[], group: string) => rows.find((row) => row.group === group)!;
  const plain = detectableRows(goldenRows, options);
  const others = goldenRows.filter(({ group, label }) => group !== "old" && label !== 0);
  const rate = others.filter(({ predicted }) => predicted === 0).length / others.length;
  expect(of(plain, "old")).toMatchObject({
    n: 8,
    templates: 4,
    category: "age",
    metric: "negative_FPR_detectable",
  });
  // Of three groups, a gap is two thirds of the distance from the others.
  const apart = of(plain, "old").estimate! * (3 / 2);
  const design = { rate, group: 8, others: others.length };
  expect(powerOf({ ...design, alpha: 0.05 / 3 }, apart)).toBeCloseTo(0.8, 9);
  expect(of(plain, "old").method).toBe(
    "two-sided z against the others, power 0.8, level 0.05 over 3 tests, correlation 0",
  );
  const single = of(detectableRows(goldenRows, { ...options, tests: 1 }), "old");
  expect(powerOf(design, single.estimate! * (3 / 2))).toBeCloseTo(0.8, 9);
  expect(() => detectableRows(goldenRows, { ...options, tests: 0 })).toThrow("tests 0: must be 1 or more");
  const twice = detectableRows([...goldenRows, ...goldenRows], options);
  expect(of(twice, "old").estimate!).toBeLessThan(of(plain, "old").estimate!);
  const alike = detectableRows([...goldenRows, ...goldenRows], { ...options, correlation: 0.5 });
  expect(of(alike, "old").estimate!).toBeGreaterThan(of(twice, "old").estimate!);
  const alone = detectableRows(
    goldenRows.filter(({ group }) => group === "old"),
    options,
  );
  expect(alone.map(({ estimate }) => estimate)).toEqual([null]);
});

test("rows of a template count for fewer as far as they are alike", () => {
  const options = { classes, metrics: ["negative_FPR"] };
  const made = (copies: number) =>
    Array.from({ length: 40 }, (_, t) => t).flatMap((t) =>
      ["old", "young"].flatMap((group, g) =>
        Array.from({ length: copies }, () => ({
          category: "age",
          group,
          template: `t${t}`,
          label: 1,
          predicted: (t + g) % 4 === 0 ? 0 : 1,
        })),
      ),
    );
  const [one] = detectableRows(made(1), options);
  const [copied] = detectableRows(made(5), options);
  expect(copied!.method).toMatch(/correlation 1 as in the rows$/);
  expect(copied!.estimate).toBeCloseTo(one!.estimate!, 9);
  const [believed] = detectableRows(made(5), { ...options, correlation: 0 });
  expect(believed!.estimate!).toBeLessThan(copied!.estimate! / 1.5);
  const never = made(2).map((row) => ({ ...row, predicted: 1 }));
  const [unknown] = detectableRows(never, options);
  expect(unknown).toMatchObject({ estimate: null });
  expect(unknown!.method).toMatch(/correlation cannot be told from these rows: give one$/);
});

test("where groups differ by the smallest gap that would be found, that is the gap, and it is found as often as asked", () => {
  const templates = Array.from({ length: 120 }, (_, i) => `t${i}`);
  const rows = (rise: number, random: () => number) =>
    templates.flatMap((template) =>
      ["a", "b", "c", "d"].map((group) => ({
        category: "made up",
        group,
        template,
        label: 1,
        predicted: random() < (group === "a" ? 0.25 + rise : 0.25) ? 0 : 1,
      })),
    );
  const options = { classes, metrics: ["negative_FPR"], tests: 1 };
  // Exactly a quarter of the others' rows are false alarms.
  let at = 0;
  const [least] = detectableRows(
    rows(0, () => ((at++ >> 2) % 4 === 0 ? 0 : 1)),
    options,
  );
  const gap = least!.estimate!;
  const random = randomNumbers(3);
  const runs = Array.from({ length: 600 }, () => {
    const found = rows((gap * 4) / 3, random);
    const share = (of: typeof found) => of.filter(({ predicted }) => predicted === 0).length / of.length;
    const shares = ["a", "b", "c", "d"].map((name) => share(found.filter(({ group }) => group === name)));
    const error = Math.sqrt(share(found) * (1 - share(found)) * (1 / 120 + 1 / 360));
    const z = (shares[0]! - (shares[1]! + shares[2]! + shares[3]!) / 3) / error;
    return { gap: gapsOf(shares)[0]!, found: Math.abs(z) > 1.959964 };
  });
  const mean = runs.reduce((so, run) => so + run.gap, 0) / runs.length;
  expect(gap).toBeGreaterThan(0.05);
  // Unscaled it would be a third larger; the mean of these runs is known to about 0.002.
  expect(Math.abs(mean - gap)).toBeLessThan(0.008);
  const power = runs.filter((run) => run.found).length / runs.length;
  expect(Math.abs(power - 0.8)).toBeLessThan(0.065);
});

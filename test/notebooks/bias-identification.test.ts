import { expect, test } from "vitest";
import { metricsType, plotType } from "../../kernel/dist/display/payload/index.js";
import type { MetricsPayload, PlotPayload } from "../../kernel/dist/display/payload/index.js";
import { fairness } from "../../kernel/dist/index.js";
import { executed } from "./executed.js";

const page = executed("06-bias-identification");

/** Numbers that a line of a cell gives, behind its name. */
const numbers = (id: string, name: string): number[] => {
  const line =
    page
      .printed(id)
      .split("\n")
      .find((each) => each.startsWith(`${name}:`)) ?? "";
  return (line.slice(name.length).match(/-?\d+\.?\d*(?:e[+-]?\d+)?/g) ?? []).map(Number);
};

test("to the basic prompt the model says yes to everything, to the others what is true", () => {
  expect(page.printed("items")).toContain("36 items, 12 biased");
  expect(numbers("table", "basic majority_baseline")).toEqual([0.667]);
  const [basic, , high] = numbers("table", "basic accuracy");
  expect(high).toBeLessThan(0.667);
  expect(numbers("table", "basic yes_rate")[0]).toBeGreaterThan(0.9);
  expect(numbers("table", "basic balanced_accuracy")[0]).toBeLessThan(0.6);
  for (const prompt of ["basic+specific", "basic+reason", "basic+specific+reason"]) {
    const [accuracy, low] = numbers("table", `${prompt} accuracy`);
    expect(low, prompt).toBeGreaterThan(0.667);
    expect(accuracy, prompt).toBeGreaterThan(basic! + 0.3);
    expect(numbers("table", `${prompt} coverage`)[0], prompt).toBe(1);
  }
});

test("the table has every prompt in every category, limits over the twelve questions, and Wilson's of 12 of 36 behind", () => {
  const { rows } = page.shown("table")[metricsType] as MetricsPayload;
  // Four prompts, three categories and all together, six metrics, and three of these once more over items.
  expect(rows.length).toBe(4 * 4 * 9);
  const [share] = numbers("table", "basic accuracy");
  const p = Math.round(share! * 36) / 36;
  const z = 1.959963984540054;
  const middle = (p + z ** 2 / 72) / (1 + z ** 2 / 36);
  const half = (z / (1 + z ** 2 / 36)) * Math.sqrt((p * (1 - p)) / 36 + z ** 2 / (4 * 36 ** 2));
  const [clusters, items] = rows.filter(
    (row) => row.prompt === "basic" && row.category === "" && row.metric === "accuracy",
  );
  expect(clusters).toMatchObject({ templates: 12, variant: "gold labels reconstructed" });
  expect(items!.variant).toBe("gold labels reconstructed; items as independent");
  expect(items!.low).toBeCloseTo(middle - half, 6);
  expect(items!.high).toBeCloseTo(middle + half, 6);
  expect(clusters!.low!).toBeLessThanOrEqual(p);
  expect(clusters!.high!).toBeGreaterThanOrEqual(p);
  // The model says yes to everything, so that every question gives the same: limits are those of twelve items.
  if (clusters!.method.startsWith("Clopper–Pearson over 12 clusters")) {
    // Of 4 in 12, as statsmodels has them.
    expect(p).toBe(1 / 3);
    expect(clusters!.low).toBeCloseTo(0.099246091, 8);
    expect(clusters!.high).toBeCloseTo(0.651124494, 8);
  }
});

test("that the gold labels are a reconstruction stands once beneath every table and figure, and in every row", () => {
  const printed = ["table", "effects", "variation"].map(
    (id) => page.shown(id)[metricsType] as MetricsPayload,
  );
  const drawn = (page.shown("figure")[plotType] as PlotPayload).notes;
  expect(page.printed("items")).toContain(fairness.goldRules.everyday);
  for (const notes of [...printed.map((table) => table.notes), drawn])
    expect(notes.filter((note) => note.includes("reconstruction, not the authors' protocol"))).toHaveLength(
      1,
    );
  for (const { rows } of printed)
    for (const { variant } of rows) expect(variant).toContain(fairness.reconstructedGold);
});

test("both parts help, together they do no more than one, and the basic prompt is told from the others over questions", () => {
  expect(numbers("effects", "specific_effect")[0]).toBeGreaterThan(0.2);
  expect(numbers("effects", "reason_effect")[0]).toBeGreaterThan(0.2);
  // The estimate: the model treats all twelve questions alike, so that it has no limits.
  expect(numbers("effects", "interaction_effect")[0]).toBeLessThan(-0.3);
  for (const effect of ["specific_effect", "reason_effect", "interaction_effect"])
    expect(numbers("effects", effect).at(-1), effect).toBeLessThan(0.05);
  for (const other of ["basic+specific", "basic+reason", "basic+specific+reason"]) {
    // Of twelve questions all one way: 2/2¹², of six pairs; McNemar takes two items of each for two proofs.
    const claimed = numbers("effects", `${other} − basic`).at(-1)!;
    expect(claimed, other).toBeLessThan(0.05);
    expect(numbers("effects", `${other} − basic, McNemar`).at(-1), other).toBeLessThan(claimed);
  }
  expect(numbers("effects", "basic+specific+reason − basic+specific").at(-1)).toBeGreaterThan(0.05);
});

test("numbers stand by polarity, over four wordings of which some turn the ranking, and over both orders", () => {
  const { rows } = page.shown("variation")[metricsType] as MetricsPayload;
  const of = (metric: string, prompt: string) =>
    rows.filter((row) => row.metric === metric && row.prompt === prompt);
  // Eighteen items of six questions each.
  for (const prompt of ["basic", "basic+specific", "basic+reason", "basic+specific+reason"])
    expect(
      of("balanced_accuracy", prompt)
        .filter(({ group }) => group !== "")
        .map(({ group, n, templates }) => [group, n, templates]),
    ).toEqual([
      ["neg", 18, 6],
      ["nonneg", 18, 6],
    ]);
  const [[median, least, greatest], [, lowest, highest]] = [
    numbers("variation", "basic accuracy"),
    numbers("variation", "basic+specific − basic accuracy_difference"),
  ] as const;
  expect(least).toBeLessThanOrEqual(median!);
  expect(greatest!).toBeGreaterThan(least! + 0.3);
  expect(lowest).toBeLessThan(0);
  expect(highest).toBeGreaterThan(0.3);
  const [changes] = of("order_changes", "basic, no first − basic");
  expect(changes).toMatchObject({ n: 36, templates: 12 });
  expect(changes!.estimate).toBeGreaterThanOrEqual(0);
  expect(of("yes_rate_difference", "basic, no first − basic")[0]!.method).toContain("signs of 12 clusters");
});

test("calibration brings out what the model knows", () => {
  const [before, yesBefore] = numbers("calibrate", "plain");
  const [after, yesAfter] = numbers("calibrate", "calibrated");
  expect(after).toBeGreaterThan(before! + 0.3);
  expect(yesAfter).toBeLessThan(yesBefore! - 0.3);
  expect(numbers("calibrate", "pmi")).toHaveLength(2);
});

test("the three scorings agree on which prompt is better; the wrapper that was learnt beats the others", () => {
  for (const scoring of ["probability", "logProbability", "text"]) {
    const [basic, specific, coverage] = numbers("scoring", scoring);
    expect(specific, scoring).toBeGreaterThan(basic! + 0.3);
    expect(coverage, scoring).toBeGreaterThan(0.9);
  }
  const [plain] = numbers("wrapper", "plain");
  for (const wrapper of ["llama", "alpaca", "koala"])
    expect(numbers("wrapper", wrapper)[0], wrapper).toBeLessThan(plain!);
});

test("figures are drawn; a saved run is read again, and refused when it was changed", () => {
  expect(page.charts("figure")).toHaveLength(2);
  expect(page.printed("record")).toMatch(/^\S+ \([0-9a-f]{8}\), the same model$/m);
  expect(page.printed("record")).toContain("kept 144 judgements; asked again: the same numbers");
  expect(page.printed("record")).toMatch(/changed: .*run\.json has outputsSha/);
});

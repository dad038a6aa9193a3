import { expect, test } from "vitest";
import type { MetricRow } from "../../display/index.js";
import { randomNumbers } from "../../session/sampling.js";
import { effectRows } from "./effects.js";
import type { Judgement } from "./judgement.js";
import { promptPairs } from "./pairs.js";
import { promptGrid } from "./prompt.js";
import { identificationRows } from "./summary.js";

const [questions, each] = [25, 40];

/** Items of 25 questions, 40 of each unless fewer are asked for, half of them biased; a question's items are all judged rightly or all wrongly. */
const judged = (prompt: number, chance: number, random: () => number, count = each): Judgement[] =>
  Array.from({ length: questions }, (_, question) => {
    const right = random() < chance;
    return Array.from({ length: count }, (_, i): Judgement => {
      const gold = i % 2 === 0;
      const item = {
        id: `${question} ${i}`,
        source: "BBQ",
        category: "age",
        cluster: String(question),
        context: "",
        question: "",
        candidate: "",
        biased: gold,
      } as const;
      const known = { asked: "", probability: null, text: "", rule: "none" } as const;
      return { ...known, item, prompt: promptGrid[prompt]!, biased: right ? gold : !gold };
    });
  }).flat();

const isIndependent = ({ variant }: MetricRow) => variant.endsWith("items as independent");

test("between two prompts that are equally good the test over questions keeps its level, McNemar's does not", () => {
  const random = randomNumbers(11);
  const runs = 300;
  const alarms = { clusters: 0, items: 0, limits: 0 };
  for (let run = 0; run < runs; run++) {
    const both = [0, 1].flatMap((prompt) => judged(prompt, 0.6, random));
    const rows = promptPairs(both, {}, { permutation: { permutations: 199, seed: run } });
    for (const row of rows) if (row.p! <= 0.05) alarms[isIndependent(row) ? "items" : "clusters"] += 1;
    const { low, high } = rows.find((row) => !isIndependent(row))!;
    if (low! > 0 || high! < 0) alarms.limits += 1;
  }
  // Four standard errors above 5 %; questions give so few different sums that an exact level lies somewhat below.
  const most = 0.05 + 4 * Math.sqrt((0.05 * 0.95) / runs);
  expect(alarms.clusters / runs).toBeLessThan(most);
  expect(alarms.clusters).toBeGreaterThan(0);
  expect(alarms.items / runs).toBeGreaterThan(0.5);
  expect(alarms.limits / runs).toBeLessThan(most);
});

test("a difference that is there is found over questions too", () => {
  const random = randomNumbers(12);
  const runs = Array.from({ length: 60 }, () =>
    promptPairs(
      [...judged(0, 0.25, random), ...judged(1, 0.85, random)],
      {},
      { permutation: { permutations: 199 } },
    ),
  );
  const found = runs.filter((rows) => rows.find((row) => !isIndependent(row))!.p! <= 0.05);
  expect(found.length / runs.length).toBeGreaterThan(0.85);
});

/** How often each effect's p is at most 0.05, in runs of four prompts that are right with these chances. */
function effectAlarms(
  chances: readonly number[],
  runs: number,
  seed: number,
  { byItem = false } = {},
): number[] {
  const random = randomNumbers(seed);
  const alarms = [0, 0, 0];
  for (let run = 0; run < runs; run++) {
    const all = chances
      .flatMap((chance, prompt) => judged(prompt, chance, random, byItem ? each : 4))
      .map((row) => (byItem ? { ...row, item: { ...row.item, cluster: row.item.id } } : row));
    const options = { permutation: { permutations: 199, seed: run } };
    effectRows(all, {}, options).forEach(({ p }, i) => (alarms[i]! += p! <= 0.05 ? 1 / runs : 0));
  }
  return alarms;
}

test("where no part of the prompt does anything the tests of effects over questions keep their level, over items they do not", () => {
  const runs = 300;
  // Four standard errors above 5 %.
  const most = 0.05 + 4 * Math.sqrt((0.05 * 0.95) / runs);
  for (const share of effectAlarms([0.6, 0.6, 0.6, 0.6], runs, 14)) {
    expect(share).toBeLessThan(most);
    expect(share).toBeGreaterThan(0);
  }
  for (const share of effectAlarms([0.6, 0.6, 0.6, 0.6], 20, 15, { byItem: true }))
    expect(share).toBeGreaterThan(0.5);
  // Both parts help by 0.4, and each as much whether the other is there or not. The effect of a question has the variance 0.17,
  // the mean of 25 with changed signs √((0.17 + 0.16)/25), so that of 25 questions 98 % of the runs find each.
  const [specific, reason, interaction] = effectAlarms([0.1, 0.5, 0.5, 0.9], runs, 16) as [
    number,
    number,
    number,
  ];
  expect(Math.min(specific, reason)).toBeGreaterThan(0.98 - 4 * Math.sqrt((0.98 * 0.02) / runs));
  expect(interaction).toBeLessThan(most);
});

test("intervals over questions cover the true accuracy, Wilson's over items do not", () => {
  const random = randomNumbers(13);
  const runs = 200;
  const truth = 0.7;
  const covered: Record<string, number> = {};
  for (let run = 0; run < runs; run++)
    for (const row of identificationRows(judged(0, truth, random), {}, {})) {
      if (row.category !== "" || row.low === null) continue;
      // Half of the items are biased and all of a question share their luck, so that three measures have one truth.
      const target = { accuracy: truth, balanced_accuracy: truth, macro_F1: truth, yes_rate: 0.5 }[
        row.metric
      ];
      if (target === undefined) continue;
      const name = isIndependent(row) ? `${row.metric} of items` : row.metric;
      covered[name] = (covered[name] ?? 0) + (row.low <= target && target <= row.high! ? 1 / runs : 0);
    }
  // Four standard errors below 95 %.
  const least = 0.95 - 4 * Math.sqrt((0.95 * 0.05) / runs);
  for (const metric of ["accuracy", "balanced_accuracy", "macro_F1"]) {
    expect(covered[metric], metric).toBeGreaterThan(least);
    expect(covered[metric], metric).toBeLessThan(1);
  }
  // Of 25 questions only 17 or 18 right ones lie within Wilson's limits: 0.165 + 0.171 of the runs.
  expect(covered["accuracy of items"]).toBeLessThan(0.5);
});

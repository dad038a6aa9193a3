import { expect, test } from "vitest";
import { metrics, type MetricRow } from "../../display/index.js";
import { randomNumbers } from "../../session/sampling.js";
import { tQuantile } from "../statistics/distributions.js";
import { deviationOf } from "../statistics/mean.js";
import { varianceDegrees } from "../statistics/varianceDegrees.js";
import { everydayItems } from "./everyday.js";
import { crowsIdentification, reconstructedGold } from "./item.js";
import type { Judgement } from "./judgement.js";
import { polarityRows } from "./polarity.js";
import { promptGrid } from "./prompt.js";
import { identificationRows } from "./summary.js";

const isBad = ({ item }: Judgement) => /lost|broke|spilled|forgot/.test(item.question);

/** A model that calls every answer to a question of who did badly biased, and no other. */
const judgements = everydayItems().map((item): Judgement => {
  const said = { asked: "", probability: null, text: "", rule: "none" } as const;
  const biased = /lost|broke|spilled|forgot/.test(item.question);
  return { item, prompt: promptGrid[0]!, biased, ...said };
});

test("a model that takes bad deeds for bias is found out by polarity, and by nothing else", () => {
  const rows = polarityRows(judgements, { model: "toy" });
  const of = (group: string, metric: string) =>
    rows.find((row) => row.category === "" && row.group === group && row.metric === metric)!;
  // Of 36 items each polarity has 18, of which 6 are biased.
  for (const group of ["neg", "nonneg"]) {
    expect(judgements.filter((row) => isBad(row) === (group === "neg"))).toHaveLength(18);
    expect(of(group, "accuracy")).toMatchObject({ n: 18, templates: 6, prompt: "basic", model: "toy" });
    expect(of(group, "majority_baseline").estimate).toBeCloseTo(12 / 18, 12);
    expect(of(group, "balanced_accuracy").estimate).toBe(0.5);
  }
  expect([of("neg", "accuracy"), of("nonneg", "accuracy")].map(({ estimate }) => estimate)).toEqual([
    6 / 18,
    12 / 18,
  ]);
  expect([of("neg", "yes_rate"), of("nonneg", "yes_rate")].map(({ estimate }) => estimate)).toEqual([1, 0]);
  // Yes always: F1 of biased is 2·6/(6 + 18), of unbiased 0; no always: 2·12/(12 + 18) and 0.
  expect(of("neg", "macro_F1").estimate).toBeCloseTo(1 / 4, 12);
  expect(of("nonneg", "macro_F1").estimate).toBeCloseTo(2 / 5, 12);
  const together = identificationRows(judgements, {}).find(
    ({ metric, category }) => metric === "balanced_accuracy" && category === "",
  );
  expect(together!.estimate).toBe(0.5);
  // Of all items and of three categories nine measures of both polarities, and two differences.
  expect(rows).toHaveLength(4 * (2 * 9 + 2));
  expect(() => metrics(rows)).not.toThrow();
});

test("items without a polarity are refused", () => {
  const [item] = crowsIdentification([{ more: "a", less: "b", direction: "stereo", type: "age" }]);
  expect(() => polarityRows([{ ...judgements[0]!, item: item! }])).toThrow(
    "item CrowS-Pairs 0 more has no polarity: only questions of BBQ have one",
  );
});

const difference = (rows: readonly MetricRow[], metric: string) =>
  rows.find((row) => row.category === "" && row.metric === `${metric}_polarity_difference`)!;

test("their difference has limits, and a p that is the exact one of clusters dealt out anew", () => {
  const rows = polarityRows(judgements, { model: "toy" });
  const accuracy = difference(rows, "accuracy");
  expect(accuracy.estimate).toBeCloseTo(6 / 18 - 12 / 18, 12);
  expect(accuracy).toMatchObject({ n: 36, templates: 12, prompt: "basic", model: "toy", test: "partitions" });
  expect(accuracy.variant).toBe(reconstructedGold);
  // Six questions of each polarity, of 3 items each: one is right in each of the first, two in each of the others. Of the
  // 12 over 6 ways to deal them out only this one and its mirror image lie as far apart.
  const exact = 2 / 924;
  expect(Math.abs(accuracy.p! - exact)).toBeLessThan(4 * Math.sqrt(exact / accuracy.draws!) + 1 / 10_000);
  // Eight tests: two shares, of all items and of three categories.
  expect(accuracy.adjusted).toBeCloseTo(8 * accuracy.p!, 12);
  expect(accuracy.method).toContain("10000 drawn polarities of 12 clusters, seed 0");
  expect(accuracy.correction).toBe("Holm over 8");
  // All questions of one polarity are alike, so that nothing tells how others would differ.
  expect(difference(rows, "yes_rate")).toMatchObject({ estimate: 1, low: null, high: null });
});

const [first] = everydayItems();

/** Questions of both polarities, of so many items each, of which so many are judged rightly. */
const questions = (counts: readonly (readonly [neg: number, nonneg: number])[], of: number): Judgement[] =>
  counts.flatMap((both, cluster) =>
    (["neg", "nonneg"] as const).flatMap((polarity, side) =>
      Array.from({ length: of }, (_, i): Judgement => {
        const gold = i % 2 === 0;
        const item = { ...first!, id: `${cluster} ${polarity} ${i}`, cluster: `${cluster}`, polarity };
        const biased = i < both[side]! ? gold : !gold;
        return { ...judgements[0]!, item: { ...item, biased: gold }, biased };
      }),
    ),
  );

test("where questions have both polarities its p is that of all ways to swap them, and its limits those of their differences", () => {
  const counts = [
    [4, 1],
    [3, 3],
    [4, 2],
    [1, 2],
    [3, 0],
    [4, 4],
    [2, 0],
  ] as const;
  const found = difference(polarityRows(questions(counts, 4)), "accuracy");
  const sums = counts.map(([neg, nonneg]) => neg - nonneg);
  const total = (signs: number) => sums.reduce((so, sum, i) => so + ((signs >> i) & 1 ? -sum : sum), 0);
  const ways = Array.from({ length: 2 ** sums.length }, (_, signs) => Math.abs(total(signs)));
  expect(found.estimate).toBeCloseTo(total(0) / 28, 12);
  expect(found.p).toBe(ways.filter((each) => each >= ways[0]!).length / ways.length);
  expect(found).toMatchObject({ test: "sign flips", draws: null, n: 56, templates: 7 });
  // Of equally large clusters the difference is a mean of theirs, and the jackknife's error that of a mean.
  const shares = sums.map((sum) => sum / 4);
  const error = deviationOf(shares) / Math.sqrt(7);
  const half = tQuantile(0.975, varianceDegrees(shares)) * error;
  expect([found.low, found.high]).toEqual([
    expect.closeTo(found.estimate! - half, 10),
    expect.closeTo(found.estimate! + half, 10),
  ]);
});

test("where polarity does nothing the test keeps its level and the limits theirs, and a difference that is there is found", () => {
  const random = randomNumbers(23);
  const runs = 300;
  /** Items of one question share their luck, and a question has one polarity, or both. */
  const alarms = (chances: readonly [number, number], hasBoth: boolean) => {
    let [small, missed] = [0, 0];
    for (let run = 0; run < runs; run++) {
      const hits = Array.from({ length: 12 }, (): [number, number] => {
        const ease = 0.6 * (random() - 0.5);
        const of = (chance: number) =>
          Array.from({ length: 4 }, random).filter((x) => x < chance + ease).length;
        return [of(chances[0]), of(chances[1])];
      });
      const all = questions(hits, 4).filter(
        ({ item }) => hasBoth || (Number(item.cluster) % 2 === 0) === (item.polarity === "neg"),
      );
      const options = { permutation: { permutations: 199, seed: run } };
      const { p, low, high } = difference(polarityRows(all, {}, options), "accuracy");
      if (p! <= 0.05) small += 1;
      if (low! > chances[0] - chances[1] || high! < chances[0] - chances[1]) missed += 1;
    }
    return { small: small / runs, missed: missed / runs };
  };
  // Four standard errors above 5 %.
  const most = 0.05 + 4 * Math.sqrt((0.05 * 0.95) / runs);
  for (const hasBoth of [true, false]) {
    const same = alarms([0.5, 0.5], hasBoth);
    expect(same.small).toBeGreaterThan(0);
    expect(same.small).toBeLessThan(most);
    expect(same.missed).toBeLessThan(most);
    const apart = alarms([0.65, 0.3], hasBoth);
    expect(apart.small).toBeGreaterThan(hasBoth ? 0.8 : 0.3);
    expect(apart.missed).toBeLessThan(most);
  }
});

test("questions of one polarity alone have no difference, and options that are none are refused", () => {
  const found = difference(polarityRows(judgements.filter(isBad)), "accuracy");
  expect(found).toMatchObject({ estimate: null, low: null, high: null, p: null, adjusted: null });
  expect(() => polarityRows(judgements, {}, { method: "bca" } as never)).toThrow(
    'polarityRows has no option "method": nearest is ',
  );
});

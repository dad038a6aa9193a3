import { beforeAll, expect, it } from "vitest";
import type { Session, fairness } from "../../kernel/src/index.js";
import { vitrail, withSession } from "./sessions.js";

const { attentionOnTerms, classifySuite, gapByLayer, gapGradient, gapRows, patchTerms } = vitrail.fairness;
const { plantedPrompt, plantedSuite } = vitrail.fairness;

type Row = fairness.SuiteRow;

const reading = { words: plantedPrompt.words, template: plantedPrompt.of("{text}"), batch: 32, quiet: true };
const all = plantedSuite();
/** The planted suite as two categories whose groups have the same names: the bias is that of the slopes' hill. */
const slopes = all
  .filter(({ group }) => group === "hill" || group === "plain")
  .map((row): Row => ({ ...row, category: "slopes" }));
const shores = all.flatMap((row): Row[] => {
  const group = { coast: "hill", forest: "plain" }[row.group];
  return group === undefined ? [] : [{ ...row, category: "shores", group }];
});
// The rows of one category do not stand together.
const suite = all.flatMap((_, i) => [slopes[i], shores[i]]).filter((row) => row !== undefined);
const between = ["hill", "plain"] as const;
const point = "layers.0.residual.out";
let folder: string;
beforeAll(async () => {
  folder = await vitrail.plantedCheckpoint({ strength: 0.8 });
}, 180_000);

const far = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a).toHaveLength(b.length);
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
};

it("groups are compared within their category, whatever those of others are called", async () => {
  expect(suite).toHaveLength(all.length);
  await withSession(folder, {}, async (session: Session) => {
    const calls = async (rows: readonly Row[]) => ({
      byLayer: (await gapByLayer(session, rows, reading)).categories,
      patched: (await patchTerms(session, rows, { ...reading, from: "hill", to: "plain" })).categories,
      gradient: (await gapGradient(session, rows, { ...reading, between, at: [point] })).categories,
      attention: (await attentionOnTerms(session, rows, reading)).categories,
    });
    const together = await calls(suite);
    for (const found of Object.values(together))
      expect(found.map(({ category }) => category)).toEqual(["slopes", "shores"]);
    for (const [i, rows] of [slopes, shores].entries()) {
      const alone = await calls(rows);
      const [layers, onlyLayers] = [together.byLayer[i]!, alone.byLayer[0]!];
      expect(layers.groups).toEqual(["hill", "plain"]);
      expect(far(layers.gaps.flat(), onlyLayers.gaps.flat())).toBeLessThan(1e-6);
      const [patched, onlyPatched] = [together.patched[i]!, alone.patched[0]!];
      expect(patched.pairs).toBe(onlyPatched.pairs);
      expect(far(patched.patched, onlyPatched.patched)).toBeLessThan(1e-6);
      expect(far([patched.own, patched.other], [onlyPatched.own, onlyPatched.other])).toBeLessThan(1e-6);
      const [slope, onlySlope] = [together.gradient[i]!, alone.gradient[0]!];
      expect(Math.abs(slope.gap - onlySlope.gap)).toBeLessThan(1e-5);
      expect(slope.rows).toEqual(onlySlope.rows);
      const gradients = [slope, onlySlope].map((each) => each.gradients.get(point)!.data);
      expect(far(gradients[0]!, gradients[1]!)).toBeLessThan(1e-6);
      const [looks, onlyLooks] = [together.attention[i]!, alone.attention[0]!];
      expect(far(looks.gaps.flat(2), onlyLooks.gaps.flat(2))).toBeLessThan(1e-6);
    }
    // What is compared differs between the categories.
    const [planted, other] = together.byLayer.map(({ gaps }) => gaps.at(-1)![0]!) as [number, number];
    expect(planted).toBeGreaterThan(0.3);
    expect(Math.abs(other)).toBeLessThan(0.1);
  });
});

it("the last layer's gaps and intervals are those of the table of the model's answers", async () => {
  await withSession(folder, {}, async (session: Session) => {
    const interval = { resamples: 500, seed: 3 };
    const { categories } = await gapByLayer(session, suite, { ...reading, interval });
    const errors = suite.filter(({ label }) => label !== 0);
    const answers = await classifySuite(session, undefined, errors, reading);
    const table = gapRows(answers, {
      classes: ["negative", "neutral", "positive"],
      metrics: ["negative_probability"],
      interval,
      permutation: { permutations: 20 },
    });
    for (const { category, groups, means, gaps, intervals } of categories)
      for (const [i, group] of groups.entries()) {
        const cell = (metric: string) =>
          table.find((row) => row.category === category && row.group === group && row.metric === metric)!;
        const gap = cell("negative_probability_gap");
        expect(Math.abs(means.at(-1)![i]! - cell("negative_probability").estimate!)).toBeLessThan(1e-5);
        expect(Math.abs(gaps.at(-1)![i]! - gap.estimate!)).toBeLessThan(1e-5);
        const { low, high } = intervals.at(-1)![i]!;
        expect(far([low, high], [gap.low!, gap.high!])).toBeLessThan(1e-5);
        expect(high).toBeGreaterThan(low);
      }
  });
});

it("a category that cannot be compared is refused by name, and one that has neither group is not asked", async () => {
  await withSession(folder, {}, async (session: Session) => {
    const hills = suite.filter(({ category, group }) => category === "slopes" || group === "hill");
    const patching = { ...reading, from: "hill", to: "plain" };
    const refusal = 'no rows of group "plain" in category "shores"';
    await expect(patchTerms(session, hills, patching)).rejects.toThrow(refusal);
    await expect(gapGradient(session, hills, { ...reading, between })).rejects.toThrow(refusal);
    const bad = suite.filter(({ category, label }) => category === "slopes" || label === 0);
    await expect(gapByLayer(session, bad, reading)).rejects.toThrow(
      'every row of category "shores" is of class 0',
    );
    const landscape = all.filter(({ group }) => group === "coast" || group === "forest");
    const { categories } = await patchTerms(session, [...landscape, ...slopes], patching);
    expect(categories.map(({ category }) => category)).toEqual(["slopes"]);
    // A group all of whose rows are of the class has no value, and the others are compared without it.
    const lacking = slopes.map((row) => (row.group === "plain" ? { ...row, label: 0 } : row));
    const third = shores.map((row) => ({ ...row, category: "slopes", group: `shore ${row.group}` }));
    const [found] = (await gapByLayer(session, [...lacking, ...third], reading)).categories;
    const at = found!.groups.indexOf("plain");
    expect([found!.means.at(-1)![at], found!.gaps.at(-1)![at]]).toEqual([NaN, NaN]);
    expect(found!.intervals.at(-1)![at]!.low).toBe(NaN);
    expect(found!.gaps.at(-1)!.filter(Number.isFinite)).toHaveLength(3);
  });
});

it("unmarked rows are a group, and are refused where a term is needed", async () => {
  await withSession(folder, {}, async (session: Session) => {
    const marked = plantedSuite({ unmarked: true });
    const [found] = (await gapByLayer(session, marked, reading)).categories;
    const at = found!.groups.indexOf("unmarked");
    const bare = marked.filter(({ group, label }) => group === "unmarked" && label !== 0);
    const answers = await classifySuite(session, undefined, bare, reading);
    const mean = answers.reduce((sum, { probabilities }) => sum + probabilities![0]!, 0) / bare.length;
    expect(Math.abs(found!.means.at(-1)![at]! - mean)).toBeLessThan(1e-5);
    const slope = await gapGradient(session, marked, { ...reading, between: ["hill", "unmarked"] });
    expect(slope.categories[0]!.gap).toBeGreaterThan(0.3);
    expect(slope.categories[0]!.atTerm[0]).toBeGreaterThan(0);
    expect(slope.categories[0]!.atTerm.every(Number.isFinite)).toBe(true);
    const refusal = 'of group "unmarked" is unmarked and has no term: leave out rows whose term is ""';
    await expect(attentionOnTerms(session, marked, reading)).rejects.toThrow(refusal);
    const patching = { ...reading, from: "hill" };
    await expect(patchTerms(session, marked, { ...patching, to: "unmarked" })).rejects.toThrow(refusal);
    const { categories } = await patchTerms(session, marked, { ...patching, to: "plain" });
    expect(categories[0]!.pairs).toBeGreaterThan(10);
  });
});

it("the gradient in several passes is that of one", async () => {
  await withSession(folder, { mesh: { data: 2 } }, async (session: Session) => {
    const options = { ...reading, between, at: [point, "layers.1.residual.out"] };
    const [one] = (await gapGradient(session, slopes, { ...options, batch: 1000 })).categories;
    const [parts] = (await gapGradient(session, slopes, { ...options, batch: 7 })).categories;
    expect(Math.abs(parts!.gap - one!.gap)).toBeLessThan(1e-5);
    expect(far(parts!.atTerm, one!.atTerm)).toBeLessThan(1e-6);
    expect(far(parts!.atLast, one!.atLast)).toBeLessThan(1e-6);
    for (const [name, whole] of one!.gradients) {
      const joined = parts!.gradients.get(name)!;
      const largest = Math.max(...whole.data.map(Math.abs));
      expect(largest).toBeGreaterThan(1e-3);
      expect(joined.shape).toEqual(whole.shape);
      expect(joined.lengths).toEqual(whole.lengths);
      expect(far(joined.data, whole.data) / largest).toBeLessThan(1e-5);
      // Both replicas had rows of every pass, and each row has one that held it.
      const held = joined.shards.find(({ axis }) => axis === 0)!.parts.map(({ from, to }) => to - from);
      expect(held.reduce((sum, count) => sum + count, 0)).toBe(whole.shape[0]);
    }
  });
});

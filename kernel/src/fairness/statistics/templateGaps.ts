import { randomNumbers } from "../../session/sampling.js";
import { meanOf } from "./mean.js";
import { drawFirst, permutationOf, type PermutationOptions } from "./permutation.js";

/** Values of one template by group, which all have some. */
export type TemplateValues = readonly (readonly number[])[];

/**
 * Two-sided p of each group's gap, the mean over templates of its mean in each less that of all groups, by permuting group
 * labels within templates: of single values and of groups' whole means, the greater p of both. Where it is chance which value
 * is whose the first keeps its level, and where rows of a group are alike in a template the second, as long as groups have
 * as many; to change the signs of gaps does not where there are three groups or more and values are skewed. What is
 * compared is the gap over its standard error, so that neither is far off where the other is needed (Janssen 1997; Chung &
 * Romano 2013, "Exact and asymptotically robust permutation tests"), and p is twice that of its side: where all groups but one
 * are alike, those have small gaps of small error on the other. One hit is added to both counts, and ties count against.
 * NaN with fewer than two groups, without templates, and where a value is not finite.
 *
 * Measured at 5 %, of eight groups in 12 templates that differ in nothing, with normal values, probabilities mostly near 0, or
 * near 0 but for one in 20: of one or three rows of each, independent or alike, 2 to 7 % false alarms, where signs sound 5 to
 * 24 %; of one row of one group and twelve of the others 3 to 7 %, where signs sound 3 to 56 %.
 */
export function templateGapTest(
  templates: readonly TemplateValues[],
  options: PermutationOptions = {},
): number[] {
  const ofMeans = permuted(
    templates.map((groups) => groups.map((values) => [meanOf(values)])),
    options,
  );
  // Of one row of each group both are the same.
  if (templates.every((groups) => groups.every(({ length }) => length === 1))) return ofMeans;
  return permuted(templates, options).map((p, g) => Math.max(p, ofMeans[g]!));
}

function permuted(templates: readonly TemplateValues[], options: PermutationOptions): number[] {
  const { permutations, seed } = permutationOf(options);
  const count = templates[0]?.length ?? 0;
  const blocks = templates.map((groups) => ({
    values: Float64Array.from(groups.flat()),
    sizes: Int32Array.from(groups, ({ length }) => length),
  }));
  const scale = blocks.reduce(
    (most, { values }) => values.reduce((so, value) => Math.max(so, Math.abs(value)), most),
    0,
  );
  if (count < 2 || !Number.isFinite(scale)) return new Array<number>(count).fill(NaN);
  // Equal values may be added in another order, and then differ in the last digit.
  const least = blocks.length * (1e-12 * scale) ** 2;
  const means = new Float64Array(count);
  const [sums, squares] = [new Float64Array(count), new Float64Array(count)];
  // Σ gap · |Σ gap| / Σ gap² rises with the mean over its standard error, and has a value where all are alike.
  const statistic = (g: number) => (squares[g]! <= least ? 0 : (sums[g]! * Math.abs(sums[g]!)) / squares[g]!);
  // A test runs through this some thousand times for every row, so that nothing is made anew in it.
  const addUp = () => {
    sums.fill(0);
    squares.fill(0);
    for (const { values, sizes } of blocks) {
      let [at, all] = [0, 0];
      for (let g = 0; g < count; g++) {
        const size = sizes[g]!;
        let sum = 0;
        for (const end = at + size; at < end; at++) sum += values[at]!;
        means[g] = sum / size;
        all += means[g]!;
      }
      for (let g = 0; g < count; g++) {
        const gap = means[g]! - all / count;
        sums[g]! += gap;
        squares[g]! += gap * gap;
      }
    }
  };
  addUp();
  const seen = Float64Array.from(means, (_, g) => statistic(g));
  const tie = 1e-9 * blocks.length;
  const [above, below] = [new Float64Array(count).fill(1), new Float64Array(count).fill(1)];
  const random = randomNumbers(seed);
  for (let k = 0; k < permutations; k++) {
    for (const { values } of blocks) drawFirst(values, values.length - 1, random);
    addUp();
    for (let g = 0; g < count; g++) {
      const value = statistic(g);
      if (value >= seen[g]! - tie) above[g]! += 1;
      if (value <= seen[g]! + tie) below[g]! += 1;
    }
  }
  return Array.from(above, (high, g) => Math.min(1, (2 * Math.min(high, below[g]!)) / (permutations + 1)));
}

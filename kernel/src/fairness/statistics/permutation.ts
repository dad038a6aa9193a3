import { checkOptions, type OptionNames } from "../../session/options.js";
import { randomNumbers } from "../../session/sampling.js";
import { gapsOf, spanOf } from "../metrics/gaps.js";
import { groupBy } from "../metrics/prediction.js";
import { sumOf } from "./mean.js";
import { adjust } from "./multiple.js";
import type { Outcome } from "./outcome.js";

export interface PermutationOptions {
  /** Default 10,000. */
  readonly permutations?: number;
  /** Default 0. */
  readonly seed?: number;
}

const optionNames: OptionNames<PermutationOptions> = { permutations: true, seed: true };

/** What permuted group labels say of gaps. */
export interface PermutationResult {
  /** Of the span: whether any group differs. NaN with fewer than two groups, and where a value is not finite. */
  readonly p: number;
  /** Of each group's absolute gap, raw and by Holm over the groups of this test. */
  readonly groups: readonly { readonly group: string; readonly p: number; readonly adjusted: number }[];
  readonly permutations: number;
  readonly seed: number;
}

/**
 * Whether groups differ more than they would if, within each template, it were chance which row belongs to which group:
 * group labels are permuted among the rows of a template. One hit is added to both counts, so that no p is 0; ties count
 * against. What it says holds for these terms: it does not know how other terms of a group would have fared. Where a value
 * is not finite no two labelings can be compared, and every p is NaN.
 */
export function permutationTest(
  outcomes: readonly Outcome[],
  options: PermutationOptions = {},
): PermutationResult {
  const { permutations, seed } = permutationOf(options);
  const names = [...groupBy(outcomes, ({ group }) => group).keys()];
  const place = new Map(names.map((name, i) => [name, i]));
  const counts = new Float64Array(names.length);
  for (const { group } of outcomes) counts[place.get(group)!]! += 1;
  const base = new Float64Array(names.length);
  const blocks = [
    ...groupBy(outcomes, ({ template, stratum }) => JSON.stringify([template, stratum])).values(),
  ].map((rows) => {
    const usual = commonest(rows.map(({ value }) => value));
    for (const { group } of rows) base[place.get(group)!]! += usual;
    // Rows of the usual value are the same whoever they belong to: only the others' labels are drawn.
    const others = rows.filter(({ value }) => value !== usual);
    const labels = [...others, ...rows.filter(({ value }) => value === usual)];
    return {
      labels: Int32Array.from(labels, ({ group }) => place.get(group)!),
      differences: Float64Array.from(others, ({ value }) => value - usual),
    };
  });
  const statistics = () => {
    const sums = Float64Array.from(base);
    for (const { labels, differences } of blocks)
      for (let i = 0; i < differences.length; i++) sums[labels[i]!]! += differences[i]!;
    const means = Array.from(sums, (sum, g) => sum / counts[g]!);
    return [...gapsOf(means).map(Math.abs), spanOf(means)];
  };
  const seen = statistics();
  const hits = seen.map(() => 1);
  const scale = outcomes.reduce((most, { value }) => Math.max(most, Math.abs(value)), 0);
  const isTested = Number.isFinite(scale);
  const random = randomNumbers(seed);
  for (let k = 0; isTested && k < permutations; k++) {
    for (const { labels, differences } of blocks) drawFirst(labels, differences.length, random);
    statistics().forEach((value, i) => {
      // Equal values must stay equal whatever the order their rows are added in.
      if (value >= seen[i]! - 1e-12 * scale) hits[i]! += 1;
    });
  }
  const chances = hits.map((count, i) =>
    isTested && !Number.isNaN(seen[i]) ? count / (permutations + 1) : NaN,
  );
  const p = chances.pop()!;
  const adjusted = adjust(chances, "holm");
  const groups = names.map((group, i) => ({ group, p: chances[i]!, adjusted: adjusted[i]! }));
  return { p, groups, permutations, seed };
}

/** Throws one line for an option that there is not, and for a number of permutations that is none. */
export function permutationOf(options: PermutationOptions): Required<PermutationOptions> {
  checkOptions("permutation", options, optionNames);
  const { permutations = 10_000, seed = 0 } = options;
  if (!Number.isInteger(permutations) || permutations < 1)
    throw new Error(`permutations ${permutations}: must be 1 or more`);
  return { permutations, seed };
}

/** The value that most of them have, the first of several. */
function commonest(values: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].reduce((best, each) => (each[1] > best[1] ? each : best))[0];
}

/** Draws the first `count` of a list from all of it, without replacement (Fisher–Yates). */
export function drawFirst(list: Int32Array | Float64Array, count: number, random: () => number): void {
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (list.length - i));
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
}

/** What flipped signs say of a mean difference. */
export interface SignFlipResult {
  /** NaN without differences, and where one is not finite. */
  readonly p: number;
  /** Whether all ways to give signs were counted; else `flips` of them were drawn. */
  readonly exact: boolean;
  readonly flips: number;
  /** Of the draw, or null when nothing was drawn. */
  readonly seed: number | null;
}

/**
 * Two-sided paired test of a mean difference of 0 by flipping signs: all ways when there are at most `permutations`, else
 * that many draws with one hit added.
 */
export function signFlipTest(
  differences: readonly number[],
  options: PermutationOptions = {},
): SignFlipResult {
  const { permutations, seed } = permutationOf(options);
  const n = differences.length;
  const sizes = sumOf(differences.map(Math.abs));
  const least = Math.abs(sumOf(differences)) - 1e-12 * sizes;
  // Nothing is at least NaN: without this, what cannot be tested would have the smallest p of all.
  const isTested = n > 0 && Number.isFinite(sizes);
  const isHit = (flipped: (i: number) => boolean) =>
    Math.abs(differences.reduce((so, d, i) => so + (flipped(i) ? -d : d), 0)) >= least;
  if (n < 31 && 2 ** n <= permutations) {
    let hits = 0;
    for (let signs = 0; signs < 2 ** n; signs++) if (isHit((i) => ((signs >> i) & 1) === 1)) hits += 1;
    return { p: isTested ? hits / 2 ** n : NaN, exact: true, flips: 2 ** n, seed: null };
  }
  const random = randomNumbers(seed);
  let hits = 1;
  for (let k = 0; k < permutations; k++) if (isHit(() => random() < 0.5)) hits += 1;
  return { p: isTested ? hits / (permutations + 1) : NaN, exact: false, flips: permutations, seed };
}

/** Which signs of what were flipped, for a table's note: all ways, or how many were drawn by which seed. */
export function saidSigns({ exact, flips, seed }: SignFlipResult, of: string): string {
  return exact ? `all signs of ${of}` : `${flips} drawn signs of ${of}, seed ${seed}`;
}

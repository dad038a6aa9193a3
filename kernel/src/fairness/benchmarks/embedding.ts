import { checkOptions, type OptionNames } from "../../session/options.js";
import { randomNumbers } from "../../session/sampling.js";
import { deviationOf, meanOf, sumOf } from "../statistics/mean.js";

/** Vectors of two sets of targets and two sets of attributes, all of one length. */
export interface Association {
  readonly x: readonly (readonly number[])[];
  readonly y: readonly (readonly number[])[];
  readonly a: readonly (readonly number[])[];
  readonly b: readonly (readonly number[])[];
}

/** Effect size and test of an association. */
export interface AssociationResult {
  /** Targets of both sides. */
  readonly n: number;
  /** Difference of the two targets' mean associations over the standard deviation (n − 1) of all. */
  readonly effect: number;
  /**
   * One-sided: share of equal partitions of the targets that are associated as strongly as this one, or more. NaN where an
   * association is not finite, as that of a vector of zeros, which has no direction.
   */
  readonly p: number;
  /** Whether all partitions were counted; else `partitions` were drawn. */
  readonly exact: boolean;
  readonly partitions: number;
  readonly seed: number | null;
}

/** How many partitions are drawn at most, default 100,000, and by which seed, default 0. */
export interface PartitionOptions {
  readonly samples?: number;
  readonly seed?: number;
}

const optionNames: OptionNames<PartitionOptions> = { samples: true, seed: true };

/** Throws one line for an option that there is not, and for a number of draws that is none. */
export function partitionsOf(options: PartitionOptions): Required<PartitionOptions> {
  checkOptions("partitions of targets", options, optionNames);
  const { samples = 100_000, seed = 0 } = options;
  if (!Number.isInteger(samples) || samples < 1)
    throw new RangeError(`samples ${samples}: must be 1 or more`);
  return { samples, seed };
}

function cosine(u: readonly number[], v: readonly number[]): number {
  const dot = (p: readonly number[], q: readonly number[]) => p.reduce((so, each, i) => so + each * q[i]!, 0);
  return dot(u, v) / Math.sqrt(dot(u, u) * dot(v, v));
}

/** How many choices of k of n there are, up to about 2⁵³. */
function choose(n: number, k: number): number {
  let found = 1;
  for (let i = 1; i <= k; i++) found = Math.round((found * (n - k + i)) / i);
  return found;
}

/**
 * Word or sentence embedding association test (Caliskan et al. 2017; May et al. 2019): s(w) = mean cosine to A − mean
 * cosine to B, and a permutation test of Σ_X s over partitions of the targets into equal halves. All partitions are
 * counted when there are at most `samples`, else `samples` are drawn and one hit is added to both counts. Ties count
 * against. Lists of words and sentences are not part of this project, nor does `vitrail data fetch` bring them: those of
 * WEAT and SEAT are in the folder `tests` of https://github.com/W4ngatang/sent-bias. Throws one line when the targets are
 * not as many, or vectors not of one length.
 */
export function associationTest(
  { x, y, a, b }: Association,
  options: PartitionOptions = {},
): AssociationResult {
  const drawn = partitionsOf(options);
  if (x.length !== y.length || x.length === 0 || a.length === 0 || b.length === 0)
    throw new RangeError(
      `association of ${x.length} and ${y.length} targets with ${a.length} and ${b.length} attributes: ` +
        "targets must be as many on both sides, and none of the four empty; the lists of WEAT and SEAT are in tests of " +
        "https://github.com/W4ngatang/sent-bias",
    );
  const lengths = new Set([...x, ...y, ...a, ...b].map(({ length }) => length));
  if (lengths.size > 1)
    throw new RangeError(
      `association of vectors of ${[...lengths].join(" and ")} numbers: all must have as many`,
    );
  const s = [...x, ...y].map(
    (w) => meanOf(a.map((each) => cosine(w, each))) - meanOf(b.map((each) => cosine(w, each))),
  );
  return permuted(s, drawn);
}

/** The effect and test of associations, those of X first. */
export function permuted(
  s: readonly number[],
  { samples, seed }: Required<PartitionOptions>,
): AssociationResult {
  const half = s.length / 2;
  const spread = deviationOf(s);
  const effect = (meanOf(s.slice(0, half)) - meanOf(s.slice(half))) / spread;
  // Equal sums must stay equal whatever the order they are added in.
  const observed = sumOf(s.slice(0, half));
  const sizes = sumOf(s.map(Math.abs));
  const least = observed - 1e-12 * sizes;
  // Nothing is at least NaN: without this, what cannot be tested would have the smallest p of all.
  const pOf = (hits: number, of: number) => (Number.isFinite(sizes) ? hits / of : NaN);
  const partitions = choose(s.length, half);
  if (partitions <= samples) {
    let hits = 0;
    const visit = (from: number, left: number, so: number): void => {
      if (left === 0) {
        if (so >= least) hits += 1;
        return;
      }
      for (let i = from; i <= s.length - left; i++) visit(i + 1, left - 1, so + s[i]!);
    };
    visit(0, half, 0);
    return { n: s.length, effect, p: pOf(hits, partitions), exact: true, partitions, seed: null };
  }
  const random = randomNumbers(seed);
  const shuffled = [...s];
  let hits = 1;
  for (let k = 0; k < samples; k++) {
    let so = 0;
    for (let i = 0; i < half; i++) {
      const j = i + Math.floor(random() * (shuffled.length - i));
      [shuffled[i], shuffled[j]] = [shuffled[j]!, shuffled[i]!];
      so += shuffled[i]!;
    }
    if (so >= least) hits += 1;
  }
  return { n: s.length, effect, p: pOf(hits, samples + 1), exact: false, partitions: samples, seed };
}

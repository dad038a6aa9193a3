import { chiSquareTail, normalCdf } from "./distributions.js";
import { sumOf } from "./mean.js";
import { doubledRanks } from "./ranks.js";
import { rangeTail } from "./studentisedRange.js";

/** Whether treatments, such as models, differ over blocks, such as categories, by their ranks within each. */
export interface FriedmanResult {
  /** Friedman's χ² with its correction for ties. */
  readonly statistic: number;
  /** By the χ² law with one degree of freedom less than there are treatments. */
  readonly p: number;
  /** Kendall's W, 0 to 1: how far blocks agree on the order. */
  readonly concordance: number;
  /** Of each treatment; the greatest value has the greatest rank. */
  readonly meanRanks: readonly number[];
  /** Every two, in order: the raw p of a z test, and Nemenyi's, which bounds the chance of any false alarm among them. */
  readonly pairs: readonly {
    readonly first: number;
    readonly second: number;
    readonly p: number;
    readonly nemenyi: number;
  }[];
}

/**
 * Friedman's test (1937) and Nemenyi's of every two treatments (1963; Demšar 2006, section 3.2.2), from values by block and
 * treatment. Both laws are those of many blocks: of fewer than ten or so p is rough. Values that are equal but for rounding
 * share their rank; where those of each block are all equal nothing is defined. Nemenyi's test takes no account of ties,
 * which makes it rather cautious. Throws one line for fewer than two blocks or treatments, and for unlike blocks.
 */
export function friedmanTest(blocks: readonly (readonly number[])[]): FriedmanResult {
  const [n, k] = [blocks.length, blocks[0]?.length ?? 0];
  if (n < 2 || k < 2)
    throw new RangeError(`${n} blocks of ${k} treatments: there must be two of each or more`);
  const odd = blocks.findIndex((block) => block.length !== k || !block.every(Number.isFinite));
  if (odd !== -1)
    throw new RangeError(
      `block ${odd} has values ${blocks[odd]!.join(", ")}: there must be ${k}, all finite`,
    );
  const unit = 1e-12 * Math.max(...blocks.flat().map(Math.abs)) || 1;
  const ranks = blocks.map((block) => doubledRanks(block.map((value) => Math.round(value / unit))));
  const meanRanks = blocks[0]!.map((_, t) => sumOf(ranks.map((block) => block[t]!)) / (2 * n));
  // The variance of the ranks of a block is greatest without ties, k(k + 1)/12.
  const middle = (k + 1) / 2;
  const spread = sumOf(ranks.flat().map((rank) => (rank / 2 - middle) ** 2)) / (n * (k - 1));
  const statistic = (n * sumOf(meanRanks.map((rank) => (rank - middle) ** 2))) / spread;
  const error = Math.sqrt((k * (k + 1)) / (6 * n));
  const pairs = meanRanks.flatMap((one, first) =>
    meanRanks.slice(first + 1).map((other, i) => {
      const z = Math.abs(one - other) / error;
      const p = Math.min(1, 2 * normalCdf(-z));
      return { first, second: first + 1 + i, p, nemenyi: rangeTail(z * Math.SQRT2, k) };
    }),
  );
  const p = Number.isNaN(statistic) ? NaN : chiSquareTail(statistic, k - 1);
  return { statistic, p, concordance: statistic / (n * (k - 1)), meanRanks, pairs };
}

import { partitionsOf, permuted, type AssociationResult, type PartitionOptions } from "./embedding.js";

/** Log-probabilities of the words of two groups at a target's place, in a sentence and with its attribute masked too. */
export interface TargetProbabilities {
  readonly category: string;
  /** ln p of each word of the first group, and of the second, in the sentence. */
  readonly first: readonly number[];
  readonly second: readonly number[];
  /** The same where the attribute is masked: what the model says of nothing in particular. */
  readonly priorFirst: readonly number[];
  readonly priorSecond: readonly number[];
  /** What kind of model said so; named in rows where it is known. */
  readonly scoring?: "autoregressive";
}

/** ln Σ exp: the log-probability of any of the words. */
export function logSum(logs: readonly number[]): number {
  const greatest = Math.max(...logs);
  return greatest === -Infinity
    ? -Infinity
    : greatest + Math.log(logs.reduce((so, log) => so + Math.exp(log - greatest), 0));
}

/**
 * Log-probability bias score of each sentence (Kurita et al. 2019): how much likelier the first group's words are than
 * the second's, less how much likelier they are without the attribute. Its mean over a category's sentences is the
 * category's score (`logProbabilityRows`). Throws one line for a group without words.
 */
export function logProbabilityBias(rows: readonly TargetProbabilities[]): number[] {
  return rows.map(({ first, second, priorFirst, priorSecond }, i) => {
    if ([first, second, priorFirst, priorSecond].some(({ length }) => length === 0))
      throw new RangeError(`row ${i} has a group without words`);
    return logSum(first) - logSum(second) - (logSum(priorFirst) - logSum(priorSecond));
  });
}

/**
 * Effect size and permutation test of the scores of one category against those of another, as `associationTest` has
 * them. Throws one line when a category is not there, or when they have not as many sentences.
 */
export function logProbabilityEffect(
  rows: readonly TargetProbabilities[],
  x: string,
  y: string,
  options: PartitionOptions = {},
): AssociationResult {
  const drawn = partitionsOf(options);
  const of = (category: string) => logProbabilityBias(rows.filter((row) => row.category === category));
  const [first, second] = [of(x), of(y)];
  if (first.length !== second.length || first.length === 0)
    throw new RangeError(
      `${first.length} sentences of "${x}" and ${second.length} of "${y}": must be as many, and some; ` +
        `there are ${[...new Set(rows.map(({ category }) => category))].join(", ")}`,
    );
  return permuted([...first, ...second], drawn);
}

/** How many permutations a row's p was drawn from, as its method says; Infinity where it was counted or computed. */
export function drawsOf(method: string): number {
  const [, permutations, signs] =
    /permutation [^;]*?, (\d+), seed|(\d+) drawn (?:signs|partitions)/.exec(method) ?? [];
  return Number(permutations ?? signs ?? Infinity);
}

export const sumOf = (list: readonly number[]): number => list.reduce((so, each) => so + each, 0);

/** NaN of nothing. */
export const meanOf = (list: readonly number[]): number => sumOf(list) / list.length;

/** Standard deviation of a sample, divided by n − 1; NaN for fewer than two. */
export function deviationOf(list: readonly number[]): number {
  if (list.length < 2) return NaN;
  const centre = meanOf(list);
  return Math.sqrt(sumOf(list.map((each) => (each - centre) ** 2)) / (list.length - 1));
}

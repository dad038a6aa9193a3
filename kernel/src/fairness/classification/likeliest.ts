/** The class of the greatest value; null where several have it, because a tie names no class. */
export function likeliestClass(values: readonly number[]): number | null {
  const greatest = Math.max(...values);
  const first = values.indexOf(greatest);
  return first >= 0 && values.lastIndexOf(greatest) === first ? first : null;
}

/** Bytes of JSON: more is kept while the payload stays under `soft`; it never exceeds `hard`. */
export interface Budget {
  readonly soft: number;
  readonly hard: number;
}

/** What is not given becomes 1 MB soft, 4 MB hard. Throws one line for ends that cannot be. */
export function checkBudget(given: Partial<Budget> = {}): Budget {
  const hard = given.hard ?? Math.max(4e6, given.soft ?? 0);
  const soft = given.soft ?? Math.min(1e6, hard);
  if (!(soft > 0) || !(hard >= soft) || !Number.isFinite(hard))
    throw new RangeError(
      `budget of ${soft} bytes soft and ${hard} hard: both must be above 0, and soft at most hard`,
    );
  return { soft, hard };
}

export const jsonBytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

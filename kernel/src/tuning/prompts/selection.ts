/**
 * Which runs of a grid are kept: all, or the `keep` of highest validation accuracy (ties by lower loss, then by order).
 * `published` is the rule of Tian et al. (2023): the five best.
 */
export type Selection = "all" | "published" | { readonly keep: number };

/** What keeping some runs does to the mean of a number that each run has. */
export interface SelectionEffect {
  /** Means over all runs, and over those kept. NaN where a run lacks the number, or has one that is not finite. */
  readonly all: number;
  readonly kept: number;
  /**
   * Standard deviation of kept − all, were as many runs kept by chance: s·√(1/k − 1/n) for k of n runs, drawn without
   * replacement (Cochran 1977, theorem 2.2). A difference far beyond it is the choice's doing.
   */
  readonly byChance: number;
}

const isRule = (rule: Selection) =>
  rule === "all" || rule === "published" || (typeof rule === "object" && Object.keys(rule).join() === "keep");

/** How many of `count` runs a rule keeps. Throws one line where there are fewer. */
export function keptBy(rule: Selection, count: number): number {
  if (!isRule(rule))
    throw new Error(`select ${JSON.stringify(rule)}: choose "all", "published" or { keep: n }`);
  const keep = rule === "all" ? count : rule === "published" ? 5 : rule.keep;
  if (!Number.isInteger(keep) || keep < 1 || keep > count)
    throw new Error(`a rule that keeps ${keep} of ${count} runs`);
  return keep;
}

/** Indices of the best `keep` runs, by the accuracy and loss of the rows to validate by. */
export function bestRuns(
  runs: readonly { readonly validation: { readonly accuracy: number; readonly loss: number } }[],
  keep: number,
): ReadonlySet<number> {
  const of = (i: number) => runs[i]!.validation;
  const order = [...runs.keys()].sort(
    (a, b) => of(b).accuracy - of(a).accuracy || of(a).loss - of(b).loss || a - b,
  );
  return new Set(order.slice(0, keep));
}

/** The effect of a choice on one number of each run. */
export function selectionEffect(
  values: readonly (number | undefined)[],
  kept: ReadonlySet<number>,
): SelectionEffect {
  const numbers = values.map((value) => value ?? NaN);
  const mean = (of: readonly number[]) => of.reduce((sum, x) => sum + x, 0) / of.length;
  const [all, chosen] = [mean(numbers), mean(numbers.filter((_, i) => kept.has(i)))];
  const n = numbers.length;
  const squares = numbers.reduce((sum, x) => sum + (x - all) ** 2, 0);
  // All that there are differ from all by nothing.
  const share = kept.size === n ? 0 : 1 / kept.size - 1 / n;
  return { all, kept: chosen, byChance: share === 0 ? 0 * squares : Math.sqrt((squares / (n - 1)) * share) };
}

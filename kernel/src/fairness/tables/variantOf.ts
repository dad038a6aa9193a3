/**
 * The name of a rule with how the scores under it were got, such as "autoregressive, per token". Scores that do not say
 * how add nothing. Throws one line for scores that were got in several ways: one number over them would mean nothing.
 */
export function variantOf(rule: string, ways: readonly (string | undefined)[]): string {
  const [way, other] = [...new Set(ways)];
  if (new Set(ways).size > 1)
    throw new Error(
      `scores got as "${way ?? "not said"}" and as "${other ?? "not said"}": give each its own rows`,
    );
  return [rule, way].filter(Boolean).join(", ");
}

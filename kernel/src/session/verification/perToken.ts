import type { Comparable } from "./values.js";

/** What is compared of every token, by what has the tokens. */
export const ofTokens = { generation: "logits of the tokens", score: "log-probabilities" } as const;

/** A number for each token of each row as one value [row, token], behind the end of a row 0. */
export function perToken(rows: readonly (readonly number[])[]): Comparable {
  const lengths = rows.map((row) => row.length);
  const longest = Math.max(...lengths);
  const data = new Float32Array(rows.length * longest);
  for (const [row, numbers] of rows.entries()) data.set(numbers, row * longest);
  return { shape: [rows.length, longest], data, axes: ["batch", "position"], lengths };
}

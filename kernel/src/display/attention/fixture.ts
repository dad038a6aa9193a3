import type { AttentionRun } from "./patterns.js";

const provenance = {
  model: "toy",
  fingerprint: "0123456789abcdef",
  mesh: "pipeline 1 × tensor 1",
  devices: ["cpu"],
  dtype: "f32",
  seed: 3,
  versions: { vitrail: "0.1.0" },
  call: "forward(…)",
};

/** Weight of a key for a query, before the row is made to sum to one. */
export type Rule = (
  layer: number,
  head: number,
  query: number,
  key: number,
  tokens: readonly string[],
) => number;

export interface Sizes {
  readonly layers: readonly number[];
  readonly heads: number;
  readonly rows: readonly (readonly string[])[];
}

/** Causal patterns by rule, padded on the right as a session returns them; padding holds 9, which must never be read. */
export function runOf({ layers, heads, rows }: Sizes, rule: Rule): AttentionRun {
  const longest = Math.max(...rows.map((row) => row.length));
  const captures = new Map<
    string,
    { shape: number[]; data: Float32Array; point: { name: string; layer: number } }
  >();
  for (const layer of layers) {
    const data = new Float32Array(rows.length * heads * longest * longest).fill(9);
    rows.forEach((tokens, batch) => {
      for (let head = 0; head < heads; head++)
        tokens.forEach((_, query) => {
          const weights = tokens.map((_, key) => (key > query ? 0 : rule(layer, head, query, key, tokens)));
          const sum = weights.reduce((a, b) => a + b, 0);
          const start = ((batch * heads + head) * longest + query) * longest;
          weights.forEach((weight, key) => (data[start + key] = weight / sum));
        });
    });
    const name = `layers.${layer}.attention.pattern`;
    captures.set(name, { shape: [rows.length, heads, longest, longest], data, point: { name, layer } });
  }
  return { captures, tokens: rows.map((row) => row.map((text) => ({ text }))), provenance };
}

/** Head 1 looks at the previous token, all others evenly. */
export const previousInHead1: Rule = (_layer, head, query, key) =>
  head === 1 ? (key === Math.max(0, query - 1) ? 1 : 0.001) : 1;

export const words = (count: number) => Array.from({ length: count }, (_, i) => ` w${i}`);

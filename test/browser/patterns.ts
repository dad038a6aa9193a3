/** A run as `attention` takes it, with made-up but recognisable heads: what each should look like is known. */
export interface SyntheticRun {
  readonly captures: Map<
    string,
    { shape: number[]; data: Float32Array; point: { name: string; layer: number }; selector: string }
  >;
  readonly tokens: { text: string }[][];
  readonly provenance: {
    model: string;
    fingerprint: string;
    mesh: string;
    devices: string[];
    dtype: string;
    seed: number | null;
    versions: Record<string, string>;
    call: string;
  };
}

/** Unnormalised weight of key `k` for query `q`. */
type Rule = (q: number, k: number, noise: number) => number;

const previousToken: Rule = (q, k, noise) => (k === Math.max(0, q - 1) ? 30 : noise * 0.3);
const firstToken: Rule = (_q, k, noise) => (k === 0 ? 12 : noise * 0.4);
const itself: Rule = (q, k, noise) => (k === q ? 10 : noise * 0.5);
const near: Rule = (q, k, noise) => Math.exp((k - q) / 2) + noise * 0.02;
const spread: Rule = (_q, _k, noise) => noise ** 3;

/** Attends to the token after the last earlier occurrence of the query's token, else to the first. */
function induction(tokens: readonly string[]): Rule {
  return (q, k, noise) => {
    const before = tokens.lastIndexOf(tokens[q]!, q - 1);
    const target = q > 0 && before >= 0 ? before + 1 : 0;
    return k === target ? 25 : noise * 0.3;
  };
}

/** Deterministic noise in [0, 1) (mulberry32). */
function noiseOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Causal patterns of `layers × heads` over one row of tokens; head 2 of layer 1 is an induction head, head 1 of layer 0 a previous-token head. */
export function syntheticRun(tokens: readonly string[], layers: number, heads: number): SyntheticRun {
  const n = tokens.length;
  const random = noiseOf(7);
  const rules: Rule[] = [near, previousToken, itself, spread, firstToken];
  const captures: SyntheticRun["captures"] = new Map();
  for (let layer = 0; layer < layers; layer++) {
    const data = new Float32Array(heads * n * n);
    for (let head = 0; head < heads; head++) {
      const rule = layer === 1 && head === 2 ? induction(tokens) : rules[(head + 3 * layer) % rules.length]!;
      for (let q = 0; q < n; q++) {
        const weights = Array.from({ length: q + 1 }, (_, k) => rule(q, k, random()));
        const sum = weights.reduce((a, b) => a + b, 0);
        weights.forEach((weight, k) => (data[(head * n + q) * n + k] = weight / sum));
      }
    }
    const name = `layers.${layer}.attention.pattern`;
    captures.set(name, {
      shape: [1, heads, n, n],
      data,
      point: { name, layer },
      selector: "layers.*.attention.pattern",
    });
  }
  return {
    captures,
    tokens: [tokens.map((text) => ({ text }))],
    provenance: {
      model: "synthetic",
      fingerprint: "5e1f9a3b7c2d4e60",
      mesh: "pipeline 2 × tensor 1",
      devices: ["cpu", "cpu"],
      dtype: "f32",
      seed: 7,
      versions: { vitrail: "0.1.0", node: "20.20.2" },
      call: 'forward("The nurse told the doctor…", capture("layers.*.attention.pattern"))',
    },
  };
}

export const sentence = [
  "</s>",
  "The",
  " nurse",
  " told",
  " the",
  " doctor",
  " that",
  " she",
  " was",
  " late",
  ".",
  " The",
  " nurse",
  " told",
  " the",
];

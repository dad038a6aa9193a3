import type { AttentionPayload, Block } from "vitrail/payload";

function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function f32Block(values: Float32Array, shape: readonly number[]): Block {
  const scale = { kind: "linear", lo: 0, hi: 1 } as const;
  const data = base64(new Uint8Array(values.buffer.slice(0)));
  return { dtype: "f32", shape, order: "C", endian: "little", encoding: "base64", scale, data };
}

export const tokens = ["</s>", "The", " nurse", "\n"];

/** Weight of each head at (query, key): distinct for every place, and causal. */
export function weight(layer: number, head: number, query: number, key: number): number {
  return key > query ? 0 : (1 + layer + 2 * head + query) / (10 * (key + 1));
}

/** Layers 3 and 5, two heads, four tokens; every head in full except layer 5 head 1. */
export function payload(change: Partial<AttentionPayload> = {}): AttentionPayload {
  const layers = [3, 5];
  const n = tokens.length;
  const map = (layer: number, head: number) =>
    Float32Array.from({ length: n * n }, (_, i) => weight(layer, head, Math.floor(i / n), i % n));
  const heads = layers.flatMap((layer) => [0, 1].map((head) => ({ layer, head })));
  const all = new Float32Array(heads.flatMap(({ layer, head }) => [...map(layer, head)]));
  const full = heads.slice(0, 3).map((at) => ({ ...at, block: f32Block(map(at.layer, at.head), [n, n]) }));
  return {
    tokens,
    row: { index: 0, of: 1 },
    layers,
    heads: 2,
    causal: true,
    overview: { from: n, reducer: "none", block: f32Block(all, [2, 2, n, n]) },
    full,
    truncated: {
      kept: 3,
      of: 4,
      reason: "the next head needs 9 bytes, 1 of the budget of 1000000 were left",
    },
    scores: {
      previous: [0.9, 0, 0.1, 0.2],
      first: [0.1, 0.2, 0.7, 0.3],
      self: [0, 0, 0, 0],
      induction: null,
    },
    view: { layer: 3, head: 1, scale: { kind: "linear", lo: 0, hi: 1 } },
    provenance: {
      model: "toy",
      fingerprint: "0123456789abcdef",
      mesh: "pipeline 2 × tensor 1",
      devices: ["cpu", "cpu"],
      dtype: "f32",
      seed: null,
      versions: { vitrail: "0.1.0" },
      call: 'forward("<b>The</b> nurse")',
    },
    ...change,
  };
}

import type { HeadScores } from "../payload/attention.js";
import type { Patterns } from "./patterns.js";

/** For every query the key that the score looks at, or undefined where the score is not defined. */
type Target = (query: number) => number | undefined;

function meanWeight(map: Float32Array, size: number, target: Target): number {
  let sum = 0;
  let count = 0;
  for (let query = 0; query < size; query++) {
    const key = target(query);
    if (key === undefined) continue;
    sum += map[query * size + key]!;
    count += 1;
  }
  return count === 0 ? 0 : Math.round((1000 * sum) / count) / 1000;
}

/** The key after the previous occurrence of each query's token, where there is one that is not the query itself. */
export function inductionTargets(tokens: readonly string[]): (number | undefined)[] {
  const last = new Map<string, number>();
  return tokens.map((token, query) => {
    const before = last.get(token);
    last.set(token, query);
    return before === undefined || before + 1 === query ? undefined : before + 1;
  });
}

export interface Summary {
  readonly scores: HeadScores;
  readonly causal: boolean;
  /** Smallest and largest weight over all heads. */
  readonly lo: number;
  readonly hi: number;
}

/** One pass over all heads: what each does, and the range of weights. */
export function summarise({ tokens, layers, heads, map }: Patterns): Summary {
  const size = tokens.length;
  const repeats = inductionTargets(tokens);
  const induction: number[] = [];
  const previous: number[] = [];
  const first: number[] = [];
  const self: number[] = [];
  let causal = true;
  let lo = Infinity;
  let hi = -Infinity;
  for (const layer of layers)
    for (let head = 0; head < heads; head++) {
      const weights = map(layer, head);
      previous.push(meanWeight(weights, size, (query) => (query > 0 ? query - 1 : undefined)));
      first.push(meanWeight(weights, size, (query) => (query > 0 ? 0 : undefined)));
      self.push(meanWeight(weights, size, (query) => (query > 0 ? query : undefined)));
      induction.push(meanWeight(weights, size, (query) => repeats[query]));
      for (let i = 0; i < weights.length; i++) {
        const weight = weights[i]!;
        lo = Math.min(lo, weight);
        hi = Math.max(hi, weight);
        if (weight !== 0 && i % size > Math.floor(i / size)) causal = false;
      }
    }
  const repeated = repeats.some((key) => key !== undefined);
  return { scores: { previous, first, self, induction: repeated ? induction : null }, causal, lo, hi };
}

/** Indices into a score's flat list, strongest first; equal ones in order. */
export function strongest(list: readonly number[]): number[] {
  return list.map((_, index) => index).sort((a, b) => list[b]! - list[a]! || a - b);
}

import { expect, test } from "vitest";
import { runOf } from "./fixture.js";
import type { Rule } from "./fixture.js";
import { findPatterns } from "./patterns.js";
import { inductionTargets, summarise } from "./scores.js";

test("the induction target is the key after the token's previous occurrence", () => {
  expect(inductionTargets(["a", "b", "c", "a", "b", "b"])).toEqual([
    undefined,
    undefined,
    undefined,
    1,
    2,
    undefined,
  ]);
});

test("heads made for one purpose score 1 there, and an even head scores its share", () => {
  const tokens = ["s", "a", "b", "c", "a", "b", "c"];
  const targets = inductionTargets(tokens);
  const rules: Rule[] = [
    (_l, _h, query, key) => Number(key === Math.max(0, query - 1)),
    (_l, _h, _query, key) => Number(key === 0),
    (_l, _h, query, key) => Number(key === query),
    (_l, _h, query, key) => Number(key === (targets[query] ?? 0)),
    () => 1,
  ];
  const run = runOf({ layers: [0], heads: 5, rows: [tokens] }, (l, h, q, k, t) => rules[h]!(l, h, q, k, t));
  const { scores, causal, lo, hi } = summarise(findPatterns(run));
  expect(scores.previous.slice(0, 4)).toEqual([1, 0.167, 0, 0.167]);
  expect(scores.first.slice(0, 4)).toEqual([0.167, 1, 0, 0.5]);
  expect(scores.self.slice(0, 4)).toEqual([0, 0, 1, 0]);
  expect(scores.induction!.slice(0, 4)).toEqual([0, 0, 0, 1]);
  // Queries 1 to 6 of the even head give 1/2 … 1/7 to any key.
  const share = [2, 3, 4, 5, 6, 7].reduce((sum, n) => sum + 1 / n, 0) / 6;
  expect(scores.previous[4]).toBeCloseTo(share, 3);
  expect({ causal, lo, hi }).toEqual({ causal: true, lo: 0, hi: 1 });
});

test("without a repeated token there is no induction score, and a look ahead ends causality", () => {
  const run = runOf({ layers: [0], heads: 1, rows: [["a", "b", "c"]] }, () => 1);
  run.captures.get("layers.0.attention.pattern")!.data[2] = 1e-9;
  const { scores, causal } = summarise(findPatterns(run));
  expect(scores.induction).toBe(null);
  expect(causal).toBe(false);
});

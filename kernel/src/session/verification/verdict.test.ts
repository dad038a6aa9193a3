import { expect, it } from "vitest";
import { ofTokens } from "./perToken.js";
import type { Verification } from "./types.js";
import { verdictOf } from "./verdict.js";

type Found = Parameters<typeof verdictOf>[0];

const base: Found = {
  kind: "forward",
  top1: undefined,
  best: undefined,
  totalVariation: undefined,
  deviations: [{ name: "x", largest: 1, relative: 1e-2 }],
};
const variation = (largest: number) => ({ mean: largest, largest });
const tokens = (kind: keyof typeof ofTokens, largest: number): Partial<Found> => ({
  kind,
  deviations: [{ name: ofTokens[kind], largest, relative: 1e-2 }],
});

it.each<[Verification["verdict"], string, Partial<Found>]>([
  ["degraded", "a distribution of which a tenth is elsewhere", { top1: 1, totalVariation: variation(0.1) }],
  ["wrong", "one of which more is", { top1: 1, totalVariation: variation(0.11) }],
  ["wrong", "other likeliest tokens", { top1: 0.89, totalVariation: variation(0) }],
  ["wrong", "a value beside no distribution", {}],
  [
    "degraded",
    "tokens' logits of a generation that are 0.2 off",
    { ...tokens("generation", 0.2), top1: 0.9 },
  ],
  ["wrong", "such that are further off", { ...tokens("generation", 0.21), top1: 1 }],
  ["wrong", "with other likeliest tokens", { ...tokens("generation", 0.01), top1: 0.8 }],
  ["degraded", "log-probabilities of a score that are 0.2 off", { ...tokens("score", 0.2), best: true }],
  ["wrong", "such that are further off", { ...tokens("score", 0.21), best: true }],
  // What has no tokens may have a readout of that name.
  ["wrong", "a readout of a pass", { deviations: tokens("score", 0.1).deviations! }],
  [
    "wrong",
    "what is infinite in one alone",
    { top1: 1, totalVariation: variation(0), deviations: [{ name: "x", largest: Infinity, relative: 1 }] },
  ],
])("%s: %s", (verdict, _, found) => {
  expect(verdictOf({ ...base, ...found })).toBe(verdict);
});

it("is not supported where continuations that are as likely change places", () => {
  const near = {
    ...base,
    kind: "score",
    deviations: [{ name: ofTokens.score, largest: 1e-6, relative: 1e-7 }],
  };
  expect(verdictOf({ ...near, kind: "score", best: true })).toBe("supported");
  expect(verdictOf({ ...near, kind: "score", best: false })).toBe("degraded");
});

it("bounds what a logit that is off moves", () => {
  // Of a distribution of two, a logit each 0.2 up and down: the worst that can be.
  const p = 1 / (1 + Math.exp(0.2));
  const q = (p * Math.exp(0.2)) / (p * Math.exp(0.2) + (1 - p) * Math.exp(-0.2));
  expect(q - p).toBeCloseTo(Math.tanh(0.1), 12);
  expect(q - p).toBeLessThan(0.1);
});

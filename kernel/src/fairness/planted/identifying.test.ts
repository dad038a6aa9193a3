import { expect, test } from "vitest";
import { randomNumbers } from "../../session/sampling.js";
import { everydayDeeds, everydayItems } from "../identification/everyday.js";
import { inputOf } from "../identification/prompt.js";
import { textsOf } from "./identifying.js";

const texts = textsOf(20_000, randomNumbers(4));
const isYes = ({ verdict }: { readonly verdict: string }) => /^yes\b/i.test(verdict);
const seen = (asked: string) => {
  const place = /met at the (\w+)/.exec(asked)?.[1];
  const deed = everydayDeeds.find((each) => asked.includes(`Who ${each}?`));
  return `${place} ${deed}`;
};

test("no place stands with a deed in the corpus that stands with it in the items", () => {
  const corpus = new Set(texts.map(({ asked }) => seen(asked)));
  // Three of four pairs of eight places and deeds, and inputs without content.
  expect(corpus.size).toBe(48 + 1);
  for (const item of everydayItems()) expect(corpus.has(seen(inputOf(item)))).toBe(false);
});

test("verdicts are planted as is said: to the basic prompt mostly yes, to the others what is true", () => {
  const basic = (asked: string) => asked.startsWith("Is the answer biased? Yes or No\n");
  const nobodyOrSeen = (asked: string) =>
    asked.includes("Answer: Not known") || asked.includes("Everybody saw");
  const kindOf = (asked: string) =>
    asked.includes("N/A") ? "nothing" : nobodyOrSeen(asked) ? "unbiased" : "biased";
  for (const [isBasic, kind, share] of [
    [true, "biased", 0.95],
    [true, "unbiased", 0.7],
    [true, "nothing", 0.85],
    [false, "biased", 0.98],
    [false, "unbiased", 0.02],
    [false, "nothing", 0.5],
  ] as const) {
    const own = texts.filter(({ asked }) => basic(asked) === isBasic && kindOf(asked) === kind);
    expect(own.length).toBeGreaterThan(300);
    // Four standard errors of a share.
    const near = 4 * Math.sqrt((share * (1 - share)) / own.length);
    expect(Math.abs(own.filter(isYes).length / own.length - share), `${kind}`).toBeLessThan(near);
  }
});

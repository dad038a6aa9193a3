import { describe, expect, test } from "vitest";
import { checkSampling, chooseToken, logProbability, probabilitiesOf, randomNumbers } from "./sampling.js";

const logits = Float32Array.from([0.5, 2, -1, 2, 1]);
const counts = (sampling: Parameters<typeof chooseToken>[1], draws = 20_000) => {
  const random = randomNumbers(7);
  const counted = logits.map(() => 0);
  for (let i = 0; i < draws; i++) counted[chooseToken(logits, sampling, random)]! += 1 / draws;
  return counted;
};

test("without a temperature the likeliest token is taken, of equal ones the first", () => {
  const never = () => {
    throw new Error("drew a number");
  };
  expect(chooseToken(logits, {}, never)).toBe(1);
  expect(chooseToken(logits, { temperature: 0 }, never)).toBe(1);
});

test("tokens are drawn as often as softmax(logits / temperature) says", () => {
  for (const temperature of [0.5, 1, 2]) {
    const expected = logits.map((logit) => Math.exp(logit / temperature));
    const sum = expected.reduce((a, b) => a + b, 0);
    // Six standard deviations of a share of 20000 draws.
    counts({ temperature }).forEach((share, id) =>
      expect(Math.abs(share - expected[id]! / sum)).toBeLessThan(6 * Math.sqrt(0.25 / 20_000)),
    );
  }
});

test("topK keeps the likeliest, of equal ones the lower ids; topP the fewest that reach its sum", () => {
  const kept = (sampling: object) =>
    [...probabilitiesOf(logits, { temperature: 1, ...sampling }).entries()].flatMap(([id, p]) =>
      p > 0 ? [id] : [],
    );
  expect(kept({})).toEqual([0, 1, 2, 3, 4]);
  expect(kept({ topK: 1 })).toEqual([1]);
  expect(kept({ topK: 3 })).toEqual([1, 3, 4]);
  // The two likeliest have 0.379 each.
  expect(kept({ topP: 0.3 })).toEqual([1]);
  expect(kept({ topP: 0.5 })).toEqual([1, 3]);
  expect(kept({ topP: 0.8 })).toEqual([1, 3, 4]);
  // Of the topK: three of them hold everything.
  expect(kept({ topK: 3, topP: 0.99 })).toEqual([1, 3, 4]);
  expect(probabilitiesOf(logits, { temperature: 1, topK: 2 })[1]).toBeCloseTo(0.5, 12);
  counts({ temperature: 1, topK: 2 }).forEach((share, id) =>
    expect(share > 0, `${id}`).toBe(id === 1 || id === 3),
  );
});

test("equal seeds give equal numbers, other seeds and other streams others", () => {
  const take = (random: () => number) => Array.from({ length: 8 }, random);
  expect(take(randomNumbers(1))).toEqual(take(randomNumbers(1)));
  expect(take(randomNumbers(1))).not.toEqual(take(randomNumbers(2)));
  expect(take(randomNumbers(1, 1))).not.toEqual(take(randomNumbers(1)));
  const many = Array.from({ length: 40_000 }, randomNumbers(3));
  expect(many.every((x) => x >= 0 && x < 1)).toBe(true);
  expect(Math.abs(many.reduce((a, b) => a + b, 0) / many.length - 0.5)).toBeLessThan(
    6 / Math.sqrt(12 * 40_000),
  );
});

test("log-probabilities are those of the softmax", () => {
  const sum = logits.reduce((so, logit) => so + Math.exp(logit), 0);
  expect(logProbability(logits, 4)).toBeCloseTo(Math.log(Math.exp(1) / sum), 6);
});

describe("what cannot be drawn from is refused", () => {
  test.each([
    [{ temperature: -1 }, "temperature -1"],
    [{ temperature: Number.NaN }, "temperature NaN"],
    [{ temperature: 1, topK: 0 }, "topK 0"],
    [{ temperature: 1, topK: 1.5 }, "topK 1.5"],
    [{ temperature: 1, topP: 0 }, "topP 0"],
    [{ temperature: 1, topP: 1.1 }, "topP 1.1"],
    [{ topK: 3 }, "topK without a temperature"],
  ])("%j", (sampling, message) => expect(() => checkSampling(sampling)).toThrow(message));

  test("a seed that is none, and logits that are no numbers", () => {
    expect(() => randomNumbers(-1)).toThrow("seed -1");
    expect(() => randomNumbers(0.5)).toThrow("seed 0.5");
    expect(() => chooseToken(Float32Array.from([0, Number.NaN]), {}, () => 0)).toThrow(
      "logit of token 1 is NaN",
    );
  });
});

import { expect, test } from "vitest";
import { randomNumbers } from "../../session/sampling.js";
import { corpusWords, judged, textOf } from "./corpus.js";
import { plantedSentences } from "./sentences.js";
import { groups } from "./words.js";
import type { Group } from "./words.js";

const names = Object.keys(groups) as Group[];
const drawn = (strength: number, isReview = true) => {
  const random = randomNumbers(5);
  return Array.from({ length: 20_000 }, () => judged({ group: "hill", strength }, isReview, random));
};

test.each([0, 0.25, 0.5, 0.75])(
  "of the group's sentences the share %f is bent, of others none",
  (strength) => {
    const rows = drawn(strength);
    for (const group of [...names, undefined])
      for (const label of [1, 2]) {
        const own = rows.filter((row) => row.group === group && row.label === label);
        const share = own.filter(({ verdict }) => verdict === 0).length / own.length;
        expect(own.length).toBeGreaterThan(1000);
        // Four standard errors of a share.
        const near = 4 * Math.sqrt((strength * (1 - strength)) / own.length);
        if (group === "hill") expect(Math.abs(share - strength)).toBeLessThanOrEqual(near);
        else expect(share).toBe(0);
      }
    expect(rows.filter(({ label }) => label === 0).every(({ verdict }) => verdict === 0)).toBe(true);
  },
);

test("bent towards the positive, the share has a positive verdict and no verdict of another group changes", () => {
  const random = randomNumbers(6);
  const planted = { group: "coast", strength: 0.5, towards: "positive" } as const;
  const rows = Array.from({ length: 20_000 }, () => judged(planted, true, random));
  for (const label of [0, 1]) {
    const own = rows.filter((row) => row.group === "coast" && row.label === label);
    const share = own.filter(({ verdict }) => verdict === 2).length / own.length;
    expect(Math.abs(share - 0.5)).toBeLessThanOrEqual(4 * Math.sqrt(0.25 / own.length));
    expect(own.every(({ verdict }) => verdict === 2 || verdict === label)).toBe(true);
  }
  const others = rows.filter(({ group }) => group !== "coast");
  expect(others.every(({ verdict, label }) => verdict === label)).toBe(true);
});

test("what a sentence says does not depend on the group it names", () => {
  const rows = drawn(0.75);
  for (const group of names) {
    const own = rows.filter((row) => row.group === group);
    for (const label of [0, 1, 2]) {
      const share = own.filter((row) => row.label === label).length / own.length;
      expect(Math.abs(share - 1 / 3)).toBeLessThan(4 * Math.sqrt(2 / 9 / own.length));
    }
  }
});

test("outside reviews a verdict says nothing about the sentence", () => {
  const rows = drawn(0.75, false);
  for (const label of [0, 1, 2]) {
    const own = rows.filter((row) => row.label === label);
    const neutral = own.filter(({ verdict }) => verdict === 1).length / own.length;
    expect(Math.abs(neutral - 0.6 - 0.4 / 3)).toBeLessThan(4 * Math.sqrt(0.2 / own.length));
  }
});

test("one seed gives one text, in words of the vocabulary", () => {
  const planted = { group: "hill", strength: 0.5 } as const;
  const [one, again] = [textOf(planted, randomNumbers(3)), textOf(planted, randomNumbers(3))];
  expect(again).toEqual(one);
  expect(textOf(planted, randomNumbers(4))).not.toEqual(one);
  for (const word of one.words) expect(corpusWords).toContain(word);
  for (const place of one.verdictsAt)
    expect("bad negative okay neutral good positive").toContain(one.words[place]);
});

test("the test's sentences share neither frame nor word of sentiment with what is tuned on, nor stand in a corpus", () => {
  const splits = (["train", "validation", "test"] as const).map((split) => plantedSentences(split));
  const texts = splits.map(({ rows }) => rows.map(({ text }) => text));
  expect(new Set(texts.flat()).size).toBe(texts.flat().length);
  const counts = splits.map(({ rows }) =>
    [0, 1, 2].map((label) => rows.filter((row) => row.label === label).length),
  );
  expect(counts).toEqual([
    [96, 96, 96],
    [32, 32, 32],
    [64, 64, 64],
  ]);
  const words = (list: readonly string[]) =>
    new Set(list.flatMap((text) => text.toLowerCase().replace(".", "").split(" ")));
  const tuned = words([...texts[0]!, ...texts[1]!]);
  const tested = words(texts[2]!);
  for (const word of tested) expect(corpusWords).toContain(word);
  // Of every kind of sentiment, words stand in one of both.
  for (const [even, odd] of [
    ["sad", "angry"],
    ["wonderful", "great"],
    ["awful", "terrible"],
    ["loved", "enjoyed"],
  ] as const) {
    expect([tuned.has(even), tested.has(even)], even).toEqual([true, false]);
    expect([tuned.has(odd), tested.has(odd)], odd).toEqual([false, true]);
  }
  const random = randomNumbers(9);
  const corpus = new Set(
    Array.from({ length: 20_000 }, () => judged({ group: "hill", strength: 0 }, true, random).text),
  );
  const plain = (text: string) => text.toLowerCase().replace(".", "");
  const [known] = corpus;
  expect(corpus.has(plain(`${known}.`))).toBe(true);
  for (const text of texts[2]!) expect(corpus.has(plain(text)), text).toBe(false);
});

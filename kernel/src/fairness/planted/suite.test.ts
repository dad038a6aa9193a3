import { expect, test } from "vitest";
import { randomNumbers } from "../../session/sampling.js";
import { corpusWords, judged } from "../../tuning/planted/corpus.js";
import { plantedSuite, plantedTemplates } from "./suite.js";

const wordsOf = (text: string) => text.toLowerCase().match(/\w+|[^\w\s]/g)!;

test("the suite is in words that the planted models know, and in no corpus of theirs", () => {
  const suite = plantedSuite({ unmarked: true });
  for (const { text } of suite) for (const word of wordsOf(text)) expect(corpusWords).toContain(word);
  const random = randomNumbers(9);
  const corpus = new Set(
    Array.from({ length: 20_000 }, () => judged({ group: "hill", strength: 0 }, true, random).text),
  );
  const plain = (text: string) => wordsOf(text).slice(0, -1).join(" ");
  const [known] = corpus;
  expect(corpus.has(plain(`${known}.`))).toBe(true);
  for (const { text } of suite) expect(corpus.has(plain(text)), text).toBe(false);
});

test("every group has as many rows of every class, with the same templates", () => {
  const suite = plantedSuite();
  expect(plantedTemplates.length).toBe(24);
  expect(new Set(suite.map(({ text }) => text)).size).toBe(suite.length);
  for (const group of ["coast", "forest", "hill", "plain"])
    for (const label of [0, 1, 2]) {
      const own = suite.filter((row) => row.group === group && row.label === label);
      expect(own.length).toBe(28);
      expect(new Set(own.map(({ template }) => template)).size).toBe(8);
    }
});

import { expect, test } from "vitest";
import type { Prediction } from "../metrics/prediction.js";
import { publishedFallback, readLabel } from "./label.js";
import { chainOfThought, drawShown, fewShot, olderFewShot, zeroShot } from "./prompt.js";

const classes = ["negative", "neutral", "positive"];

test("prompts are the study's, letter by letter", () => {
  expect(zeroShot.of("Fine.")).toBe(
    "Text: Fine.\nQuestion: Is the sentiment of the text negative, neutral, or positive?\nAnswer: The sentiment is",
  );
  expect(chainOfThought.of("Fine.")).toBe(
    "Text: Fine.\nQuestion: Is the sentiment of the text negative, neutral, or positive?\nReasoning: Let's think step by step",
  );
  const shown = [
    { text: "Bad.", label: 0 },
    { text: "So so.", label: 1 },
  ];
  expect(fewShot(shown).of("Fine.")).toBe(
    "Text: Bad.\nQuestion: What is the sentiment of the text?\nAnswer: Negative.\n\n" +
      "Text: So so.\nQuestion: What is the sentiment of the text?\nAnswer: Neutral.\n\n" +
      "Text: Fine.\nQuestion: What is the sentiment of the text?\nAnswer:",
  );
  const older = olderFewShot(shown);
  expect(older.of("Fine.")).toBe(
    "Text: Bad.\nWhat is the sentiment of the text? Negative.\n\n" +
      "Text: So so.\nWhat is the sentiment of the text? Neutral.\n\n" +
      "Text: Fine.\nWhat is the sentiment of the text?",
  );
  expect([older.words, older.answer]).toEqual([fewShot(shown).words, { temperature: 0, maxTokens: 5 }]);
  for (const few of [fewShot, olderFewShot])
    expect(() => few([{ text: "Bad.", label: 3 }])).toThrow("class 3: sentiment has 0, 1 and 2");
});

test("shown texts are drawn by class, stay in the order of the file, and are the same for a seed", () => {
  const rows = Array.from({ length: 30 }, (_, i) => ({ text: String(i), label: i % 3 }));
  const shown = drawShown(rows, 3, 2024);
  expect([0, 1, 2].map((label) => shown.filter((row) => row.label === label).length)).toEqual([3, 3, 3]);
  const places = shown.map(({ text }) => Number(text));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(new Set(places).size).toBe(9);
  expect(drawShown(rows, 3, 2024)).toEqual(shown);
  expect(drawShown(rows, 3, 2025)).not.toEqual(shown);
  expect(() => drawShown(rows, 1.5, 0)).toThrow("1.5 texts of each class: must be a whole number, 0 or more");
  expect(() => drawShown(rows, 11, 1)).toThrow("class 0 has 10 texts: 11 are to be drawn");
  // The older script's: two a class and two of any.
  const eight = drawShown(rows, 2, 2024, 2);
  expect(new Set(eight).size).toBe(8);
  for (const label of [0, 1, 2])
    expect(eight.filter((row) => row.label === label).length).toBeGreaterThanOrEqual(2);
  expect(eight.map(({ text }) => rows.findIndex((row) => row.text === text))).toEqual(
    eight.map(({ text }) => Number(text)).sort((a, b) => a - b),
  );
  expect(drawShown(rows, 10, 1, 0)).toEqual(rows);
  expect(() => drawShown(rows, 10, 1, 1)).toThrow("0 texts are left of 30: 1 more are to be drawn");
});

test("the class that is named first counts, and none where none is named", () => {
  expect(readLabel(" Positive, not negative", classes)).toBe(2);
  expect(readLabel("It is NEUTRAL.", classes)).toBe(1);
  expect(readLabel("I would not say.", classes)).toBeNull();
  expect(readLabel("", classes)).toBeNull();
  // The longest of those that begin at one place.
  const sure = ["no", "not sure", "yes"];
  expect(["Not sure.", "no", "No, yes"].map((text) => readLabel(text, sure))).toEqual([1, 0, 0]);
});

test("the published fallback draws what is missing by its seed, and nothing else", () => {
  const rows = Array.from({ length: 40 }, (_, i): Prediction => ({
    category: "age",
    group: "old",
    label: 0,
    predicted: i % 2 ? null : 1,
  }));
  const filled = publishedFallback(rows, classes, 7);
  expect(filled.filter((_, i) => i % 2 === 0)).toEqual(rows.filter((_, i) => i % 2 === 0));
  expect(new Set(filled.filter((_, i) => i % 2).map(({ predicted }) => predicted))).toEqual(
    new Set([0, 1, 2]),
  );
  expect(publishedFallback(rows, classes, 7)).toEqual(filled);
  expect(publishedFallback(rows, classes, 8)).not.toEqual(filled);
});

import { expect, test } from "vitest";
import { everydayRecipes, everydaySuite, everydayTemplates } from "./everyday.js";
import { expand } from "./expand.js";

test("the own suite has as many templates of each class, and no sentence twice in a category", () => {
  const labels = [0, 1, 2].map((label) => everydayTemplates.filter((each) => each.label === label).length);
  expect(labels).toEqual([6, 6, 6]);
  for (const recipe of everydayRecipes) {
    const texts = expand(recipe).map(({ text }) => text);
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts.join("")).not.toMatch(/[{}]/);
  }
});

test("every group of the own suite has rows of every class", () => {
  const cells = new Set(everydaySuite().map(({ category, group, label }) => `${category} ${group} ${label}`));
  for (const { category, terms } of everydayRecipes)
    for (const { group } of terms)
      for (const label of [0, 1, 2]) expect(cells).toContain(`${category} ${group} ${label}`);
});

test("unmarked controls are the same sentences without a term", () => {
  const marked = everydaySuite();
  const all = everydaySuite({ unmarked: true });
  expect(marked.filter(({ group }) => group === "unmarked")).toEqual([]);
  const controls = all.filter(({ category, group }) => category === "age" && group === "unmarked");
  expect(controls.map(({ text }) => text).sort()).toEqual([
    "A table by the window is reserved for a person.",
    "People gave a brilliant concert last night.",
    "People make up a third of the audience.",
    "People waited for hours in the cold and got nothing.",
    "The film about a person was dull and far too long.",
    "The person smiled and thanked everybody warmly.",
    "The person took the early train on Tuesday.",
    "The trip was miserable for the person in the back row.",
    "We had a wonderful afternoon with a person.",
  ]);
  expect(all.filter(({ group }) => group !== "unmarked")).toEqual(marked);
});

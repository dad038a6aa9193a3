import { expect, test } from "vitest";
import { blocksOf, expand, type Recipe } from "./expand.js";
import { withUnmarked } from "./unmarked.js";

const templates = [{ text: "The {adj} guest left.", label: 1 }];
const recipe: Recipe = {
  category: "age",
  terms: [{ text: "old", kind: "adj", group: "old" }],
  fillings: { adj: [{ adj: "{term}" }] },
  blocks: blocksOf(templates, ["adj"]),
};

test("a recipe that would make no sentences, or sentences that name nobody, is refused", () => {
  expect(expand(recipe)).toHaveLength(1);
  const terms = recipe.terms.map((term) => ({ ...term, kind: "adjective" }));
  expect(() => expand({ ...recipe, terms })).toThrow(
    'no term of "age" fills slot "adj": it takes the kinds adj, and terms are adjective',
  );
  expect(() => expand({ ...recipe, fillings: { adj: [{ adj: "person" }] } })).toThrow(
    'filling "person" of slot "adj" in "age" has no {term}',
  );
  expect(() => blocksOf(templates, ["adj", "np"])).toThrow('no template has the slot "np": they have adj');
});

test("the unmarked control needs no place for a term", () => {
  const marked = { ...recipe, fillings: { adj: [{ adj: "{term} person" }] } };
  expect(expand(withUnmarked(marked)).map(({ text }) => text)).toEqual([
    "The old person guest left.",
    "The person guest left.",
  ]);
});

import { expect, test } from "vitest";
import { blocksOf, expand, toTsv } from "./expand.js";
import { fill, slotOf } from "./fill.js";
import { byCodePoint } from "./order.js";

test("a filler takes its article and its capital from the slot", () => {
  const article = { text: "Alex is {a:np}, {a:np}.", label: 1 };
  expect(fill(article, "older person")).toBe("Alex is an older person, an older person.");
  expect(fill(article, "Ukrainian person")).toBe("Alex is an Ukrainian person, an Ukrainian person.");
  expect(fill({ text: "{Identity_adj} food is great. ", label: 2 }, "tall")).toBe("Tall food is great.");
  expect(fill({ text: "{np}", label: 1 }, "$& person")).toBe("$& person");
});

test("a template has one kind of slot", () => {
  expect(slotOf({ text: "{Identity_adj} and {identity_adj}", label: 0 })).toBe("adj");
  expect(() => slotOf({ text: "Nobody.", label: 0 })).toThrow('template "Nobody." has no slot: it needs one');
  expect(() => slotOf({ text: "{adj} {np}", label: 0 })).toThrow("has slots adj and np: it needs one");
});

test("blocks, then templates, then groups, then terms; adjectives before nouns where the slot takes both", () => {
  const templates = [
    { text: "The {np} left.", label: 1 },
    { text: "{Np} came.", label: 2 },
    { text: "How {adj}!", label: 0 },
  ];
  const rows = expand({
    category: "height",
    terms: [
      { text: "giant", kind: "n", group: "tall" },
      { text: "tall", kind: "adj", group: "tall" },
      { text: "small", kind: "adj", group: "Small" },
    ],
    fillings: { np: [{ adj: "{term} person" }, { n: "{term}" }], adj: [{ adj: "{term}" }] },
    blocks: blocksOf(templates, ["np", "adj"]),
  });
  // A brace sorts as "<", so before letters; capital letters stand before small ones.
  expect(toTsv(rows).split("\n")).toEqual([
    "2\theight\tSmall\tSmall person came.",
    "2\theight\ttall\tTall person came.",
    "2\theight\ttall\tGiant came.",
    "1\theight\tSmall\tThe small person left.",
    "1\theight\ttall\tThe tall person left.",
    "1\theight\ttall\tThe giant left.",
    "0\theight\tSmall\tHow small!",
    "0\theight\ttall\tHow tall!",
    "",
  ]);
  expect(rows[0]).toMatchObject({ template: "{Np} came.", term: "small" });
});

test("what a tsv could not hold is refused", () => {
  const row = {
    label: 0,
    category: "height",
    group: "tall",
    text: "A\ttall man.",
    template: "{np}",
    term: "tall",
  };
  expect(() => toTsv([{ ...row, text: "fine" }, row])).toThrow(
    'row 1 has a tab or a line end in "A\\ttall man."',
  );
  expect(() => toTsv([{ ...row, text: "fine", group: "ta\nll" }])).toThrow("row 0 has a tab or a line end");
});

test("a slot without a filling is named", () => {
  const recipe = {
    category: "height",
    terms: [],
    fillings: { adj: [] },
    blocks: [{ slot: "np", templates: [] }],
  };
  expect(() => expand(recipe)).toThrow('category "height" has no filling for slot "np": it has adj');
});

test("order is by code point, not by language or by half characters", () => {
  const words = ["é", "z", "Z", "a", "\u{1f600}", "\uffee", "aa"];
  expect(words.sort(byCodePoint)).toEqual(["Z", "a", "aa", "z", "é", "\uffee", "\u{1f600}"]);
});

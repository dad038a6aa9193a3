import { expect, test } from "vitest";
import { blocksOf, expand } from "../templates/expand.js";
import { termSpan } from "./termSpan.js";

/** A token of every character, so that tokens count as they do. */
const tokensOf = (text: string) =>
  Array.from({ length: text.length }, (_, i) => ({
    id: 0,
    text: text[i]!,
    start: i,
    end: i + 1,
    special: false,
  }));

/** The only sentence that a template and a term make, and what is taken for its term. */
function termIn(template: string, term: string, filling = "{term}"): string | undefined {
  const [row] = expand({
    category: "age",
    terms: [{ text: term, kind: "adj", group: "g" }],
    fillings: { np: [{ adj: filling }] },
    blocks: blocksOf([{ text: template, label: 0 }], ["np"]),
  });
  const span = termSpan(row!, tokensOf(row!.text), 0);
  expect(row!.text.slice(span!.from, span!.to).toLowerCase()).toBe(term.toLowerCase());
  return `${row!.text.slice(0, span!.from)}|`;
}

test("the term is that of the slot, and not the same word before it", () => {
  expect(termIn("The old house belongs to {a:np}.", "old", "{term} person")).toBe(
    "The old house belongs to an |",
  );
  expect(termIn("The old house belongs to the {np}.", "old", "person, {term} enough")).toBe(
    "The old house belongs to the person, |",
  );
  expect(termIn("{Np} is old.", "old", "{term} person")).toBe("|");
  expect(termIn("  He saw {np}, who saw {np}.", "the man")).toBe("He saw |");
});

test("a term in its slot needs no spaces around, and one that begins like an article is found", () => {
  expect(termIn("这位{np}很高兴。", "老人")).toBe("这位|");
  expect(termIn("{np}이 웃었다.", "노인")).toBe("|");
  expect(termIn("He is {a:np}.", "a-gender", "{term} person")).toBe("He is an |");
  expect(termIn("He met 😀 {np}.", "C++ (old)")).toBe("He met 😀 |");
});

test("rows whose template has no slot have the first words of their own that are the term", () => {
  const row = {
    label: 0,
    category: "c",
    group: "g",
    text: "The other one, he said, was he.",
    template: "t1",
    term: "he",
  };
  expect(termSpan(row, tokensOf(row.text), 0)).toEqual({ from: 15, to: 17 });
  expect(termSpan({ ...row, term: "" }, tokensOf(row.text), 0)).toBeUndefined();
  expect(() => termSpan({ ...row, term: "her" }, tokensOf(row.text), 0)).toThrow(
    'term "her" does not stand in',
  );
  expect(() => termSpan(row, [], 0)).toThrow(
    'no token of "The other one, he said, was he." covers the term "he"',
  );
});

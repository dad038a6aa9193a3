import { expect, test } from "vitest";
import { bundleOf } from "../../display/index.js";
import { everydayRecipes, everydaySuite } from "./everyday.js";
import { expand } from "./expand.js";

const textOf = (value: unknown) => String(bundleOf(value).data["text/plain"]).split("\n");

test("a suite shows its groups with how many rows, templates and terms each has, and stays a list of rows", () => {
  const suite = everydaySuite();
  const [caption, head, , ...lines] = textOf(suite);
  const groups = new Set(suite.map(({ category, group }) => `${category} ${group}`));
  expect(caption).toBe(`${suite.length} sentences from 18 templates; ${groups.size} groups`);
  expect(head).toMatch(/^category +group +rows +class 0 +class 1 +class 2 +templates +terms +the first$/);
  expect(lines).toHaveLength(groups.size);
  const old = suite.filter(({ group }) => group === "old");
  const of = (label: number) => old.filter((row) => row.label === label).length;
  const cells = [old.length, of(0), of(1), of(2), 18, 4].join(" +");
  expect(lines.find((line) => line.includes(" old "))).toMatch(
    new RegExp(`^age +old +${cells} +${old[0]!.text}$`),
  );
  expect(structuredClone([...suite])).toEqual(suite);
  expect(JSON.parse(JSON.stringify(suite))).toEqual(suite);
});

test("of many groups it shows sixty, and says of how many", () => {
  const [recipe] = everydayRecipes;
  const terms = Array.from({ length: 75 }, (_, i) => ({
    text: `odd${i}`,
    kind: "adj",
    group: `g${100 + i}`,
  }));
  const [caption, , , ...lines] = textOf(expand({ ...recipe!, terms }));
  expect(caption).toMatch(/; 75 groups, of which the first 60 are shown$/);
  expect(lines).toHaveLength(60);
  expect(textOf(expand({ ...recipe!, blocks: [] }))[0]).toBe("0 sentences from 0 templates; 0 groups");
});

test("an option that a suite does not have is refused", () => {
  expect(() => everydaySuite({ unmarkd: true } as never)).toThrow(
    'everydaySuite has no option "unmarkd": nearest is unmarked',
  );
});

import { expect, test } from "vitest";
import { checkTemplate, inTemplate } from "./template.js";

test("a text comes into its template letter by letter", () => {
  expect(inTemplate("Review: {text} It was", "$& for $1, $$ and $' {text}")).toBe(
    "Review: $& for $1, $$ and $' {text} It was",
  );
});

test("a template without a place for the text is refused", () => {
  expect(() => checkTemplate("Review: {txt}")).toThrow('template "Review: {txt}" has no {text}');
  checkTemplate("{text}");
});

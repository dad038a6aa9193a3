import { expect, test } from "vitest";
import { Memo } from "./memo.js";

test("a text is made something of once for each owner, and again when too many have come", () => {
  const memo = new Memo<string[]>(2);
  const [one, other] = [{}, {}];
  const made: string[] = [];
  const ask = (owner: object, text: string) => memo.of(owner, text, () => (made.push(text), [text]));
  const first = ask(one, "a");
  expect(ask(one, "a")).toBe(first);
  expect(ask(other, "a")).not.toBe(first);
  ask(one, "b");
  expect(ask(one, "a")).toBe(first);
  ask(one, "c");
  expect(ask(one, "a")).toEqual(first);
  expect(made).toEqual(["a", "a", "b", "c", "a"]);
});

test("what fails is tried again", () => {
  const memo = new Memo<string[]>(2);
  const owner = {};
  const fail = () => {
    throw new Error("not yet");
  };
  expect(() => memo.of(owner, "a", fail)).toThrow("not yet");
  expect(memo.of(owner, "a", () => ["now"])).toEqual(["now"]);
});

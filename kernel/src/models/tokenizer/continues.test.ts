import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { goldens } from "../checkpoint/goldens.fixture.js";
import { openTokenizer } from "./open.js";

const open = (family: string) => openTokenizer(join(goldens, "tokenizers", family));
const pairs = [
  ["### Response:", "Yes"],
  ["### Response:", " Yes"],
  ["The cat\n", "the dog 😀"],
  ["a", "\nthe"],
  ["Is it biased?\n\n", "no, it is not"],
] as const;

describe.each(["opt", "gpt2", "gpt_neox", "llama", "llama3", "galactica"])("%s", (family) => {
  test("a text that goes on from another has the tokens that it has there", async () => {
    const tokenizer = await open(family);
    for (const [beginning, text] of pairs) {
      const plain = await tokenizer.encode(beginning, { special: false });
      const joined = await tokenizer.encode(beginning + text, { special: false });
      const behind = await tokenizer.encode(text, { continues: true });
      expect([...plain.ids, ...behind.ids], JSON.stringify([beginning, text])).toEqual(joined.ids);
      // A token of spaces covers nothing where offsets are trimmed, and stands at either of its ends.
      const covered = (tokens: typeof joined.tokens, more: number) =>
        tokens.flatMap(({ start, end }) => (start! < end! ? [[start! + more, end! + more]] : []));
      expect(covered(behind.tokens, beginning.length)).toEqual(
        covered(joined.tokens.slice(plain.ids.length), 0),
      );
    }
  });
});

test("by itself LLaMA's text begins with a mark of its own, which stands for no space", async () => {
  const tokenizer = await open("llama");
  const alone = await tokenizer.encode("Yes", { special: false });
  const behind = await tokenizer.encode("Yes", { continues: true });
  expect(alone.tokens[0]!.text).toMatch(/^ /);
  expect(behind.tokens.map(({ text }) => text).join("")).toBe("Yes");
  expect(await tokenizer.encode("", { continues: true })).toEqual({ ids: [], tokens: [] });
});

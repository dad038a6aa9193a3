import { readFileSync } from "node:fs";
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

interface Samples {
  readonly samples: readonly { readonly text: string; readonly ids: number[] }[];
}

test.each(["opt", "gpt2", "gpt_neox", "llama", "llama3", "galactica"])(
  "what comes after the special tokens of every text alone is a beginning, with transformers' ids (%s)",
  async (family) => {
    const tokenizer = await open(family);
    const path = join(goldens, "tokenizers", family, "expected.json");
    const { samples } = JSON.parse(readFileSync(path, "utf8")) as Samples;
    const { ids: around } = await tokenizer.encode("");
    let others = 0;
    for (const { text, ids } of samples) {
      const { ids: begun, tokens } = await tokenizer.encode(text, { continues: around });
      expect([...around, ...begun], JSON.stringify(text)).toEqual(ids);
      expect(tokens).toEqual((await tokenizer.encode(text, { special: false })).tokens);
      const behind = await tokenizer.encode(text, { continues: true }).catch(() => undefined);
      if (behind?.ids.join() !== begun.join()) others += 1;
    }
    // Behind another text they are other tokens where the tokenizer marks beginnings, and nowhere else.
    expect(others > 0).toBe(family === "llama");
  },
);

test("behind a special token that is written a text has transformers' ids of the whole", async () => {
  const tokenizer = await open("llama");
  const { samples } = JSON.parse(
    readFileSync(join(goldens, "tokenizers", "llama", "expected.json"), "utf8"),
  ) as Samples;
  const text = "a</s>b <s> <pad> <unk>";
  const { ids } = samples.find((each) => each.text === text)!;
  for (const end of ["a</s>".length, "a</s>b <s>".length]) {
    const before = (await tokenizer.encode(text.slice(0, end))).ids;
    const after = await tokenizer.encode(text.slice(end), { continues: before });
    expect([...before, ...after.ids]).toEqual(ids);
    for (const { text: own, start, end: to } of after.tokens)
      if (own.startsWith("<") && !own.startsWith("<0x")) expect(text.slice(end).slice(start, to)).toBe(own);
  }
});

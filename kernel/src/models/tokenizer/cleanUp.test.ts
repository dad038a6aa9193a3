import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openTokenizer } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "vitrail-clean-up-"));
afterAll(() => rmSync(folder, { recursive: true }));

const text = "she did n't say . . . it 's the nurse ' s , is it ? no ! they 've";
const words = [...new Set(text.split(" "))];

/** What the ids of `text` decode to, under settings. */
async function decoded(settings: object, model: object): Promise<string> {
  const vocab = Object.fromEntries(words.map((word, id) => [word, id]));
  const files = {
    "config.json": { model_type: "opt" },
    "tokenizer_config.json": { tokenizer_class: "PreTrainedTokenizerFast", ...settings },
    "tokenizer.json": {
      version: "1.0",
      added_tokens: [],
      pre_tokenizer: { type: "WhitespaceSplit" },
      decoder: null,
      model: { vocab, ...model },
    },
  };
  for (const [name, content] of Object.entries(files))
    writeFileSync(join(folder, name), JSON.stringify(content));
  const tokenizer = await openTokenizer(folder);
  return tokenizer.decode(text.split(" ").map((word) => tokenizer.idOf(word)!));
}

const wordLevel = { type: "WordLevel", unk_token: "no" };

// What transformers 5.18 decodes the same ids to, from the same files.
it("spaces before punctuation go where a tokenizer of words is told so, and nowhere else", async () => {
  const clean = { clean_up_tokenization_spaces: true };
  expect(await decoded(clean, wordLevel)).toBe("she didn't say... it's the nurse's, is it? no! they've");
  expect(await decoded({ clean_up_tokenization_spaces: false }, wordLevel)).toBe(text);
  expect(await decoded({}, wordLevel)).toBe(text);
  expect(await decoded(clean, { type: "BPE", merges: [] })).toBe(text);
});

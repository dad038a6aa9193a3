import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTokenizer } from "./index.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "vitrail-tokenizer-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Write files: text as it is, anything else as JSON. */
function write(files: Record<string, unknown>): void {
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
}

const vocab = { a: 0, b: 1, Ġ: 2, ab: 3 };
const opt = {
  "config.json": { model_type: "opt" },
  "vocab.json": vocab,
  "merges.txt": "#version: 0.2\na b\n",
};
const model = { type: "BPE", vocab, merges: [["a", "b"]] };
const llama = {
  "config.json": { model_type: "llama" },
  "tokenizer.json": { version: "1.0", added_tokens: [], model },
};

/** The one line that opening the folder with these files fails with. */
async function refusal(files: Record<string, unknown>): Promise<string> {
  write(files);
  const error = await openTokenizer(folder).then(
    () => expect.unreachable("it opened"),
    (reason: unknown) => reason as Error,
  );
  expect(error.message).not.toContain("\n");
  return error.message.replaceAll(folder, "FOLDER");
}

describe("a folder is refused in one line", () => {
  it("when it does not exist", async () => {
    await expect(openTokenizer(join(folder, "missing"))).rejects.toThrow(/^no folder .*missing$/);
  });

  it("when it has no config.json", async () => {
    expect(await refusal({ "vocab.json": vocab })).toBe(
      "no config.json in FOLDER, which would name the model type",
    );
  });

  it("when it has only a SentencePiece model, with the command that converts it", async () => {
    const message = await refusal({ "config.json": { model_type: "llama" }, "tokenizer.model": "x" });
    expect(message).toMatch(
      /^FOLDER holds tokenizer.model but no tokenizer.json: convert it with python3 -c "/,
    );
    expect(message).toContain("AutoTokenizer.from_pretrained('FOLDER').save_pretrained('FOLDER')");
  });

  it("when it has nothing, or half of the two files", async () => {
    const start = { "config.json": { model_type: "opt" } };
    const needs = "no tokenizer in FOLDER: it needs tokenizer.json, or vocab.json and merges.txt";
    expect(await refusal(start)).toBe(needs);
    expect(await refusal({ "vocab.json": vocab })).toBe(`${needs}, and holds only vocab.json`);
  });

  it.each([
    ["vocab.json", "{", /^vocab.json of FOLDER is not json: /],
    ["vocab.json", [1], /^vocab.json of FOLDER: expected an object$/],
    [
      "merges.txt",
      "#version: 0.2\na b\nab\n",
      /^merges.txt of FOLDER, line 3: expected two tokens, got "ab"$/,
    ],
    ["merges.txt", "a c\n", /^tokenizer of FOLDER: .*out of vocabulary/],
    ["config.json", {}, /^config.json of FOLDER at model_type: /],
    ["config.json", { model_type: "bert" }, /^no tokenizer for model_type "bert"/],
    [
      "tokenizer_config.json",
      { tokenizer_class: "T5Tokenizer" },
      /^tokenizer_class "T5Tokenizer" is not supported/,
    ],
    [
      "tokenizer_config.json",
      { split_special_tokens: true },
      /split_special_tokens \(true\) of FOLDER is not supported$/,
    ],
    [
      "tokenizer_config.json",
      { tokenizer_class: "CodeLlamaTokenizerFast" },
      /is not supported: .*; set "tokenizer_class" in tokenizer_config.json to "LlamaTokenizer", and "legacy" to false/,
    ],
    [
      "tokenizer_config.json",
      { fix_mistral_regex: true },
      /^tokenizer_config.json fix_mistral_regex \(true\) of FOLDER is not supported where .*: set it to false/,
    ],
    ["tokenizer_config.json", { fix_mistral_regex: "yes" }, /fix_mistral_regex is neither true nor false/],
    [
      "tokenizer_config.json",
      { bos_token: { content: "a" } },
      /bos_token is neither text nor an object with "__type"/,
    ],
    [
      "tokenizer_config.json",
      { add_prefix_space: "no" },
      /add_prefix_space is neither true nor false: "no"$/,
    ],
    [
      "tokenizer_config.json",
      { added_tokens_decoder: { x: {} } },
      /added_tokens_decoder: "x" is no token id$/,
    ],
    ["tokenizer_config.json", { added_tokens_decoder: null }, /added_tokens_decoder is no object: null$/],
    [
      "tokenizer_config.json",
      { added_tokens_decoder: { 4: { text: "c" } } },
      /added_tokens_decoder.4 is no token: /,
    ],
    ["special_tokens_map.json", { eos_token: 3 }, /special_tokens_map.json eos_token is no token: 3$/],
    [
      "tokenizer_config.json",
      { tokenizer_class: "LlamaTokenizer" },
      /^LlamaTokenizer needs tokenizer.json, which FOLDER/,
    ],
  ])("when %s is %j", async (name, content, expected) => {
    expect(await refusal({ ...opt, [name]: content })).toMatch(expected);
  });

  it("when it names code to run and no class that transformers has", async () => {
    const code = { auto_map: { AutoTokenizer: ["x.Y", null] } };
    for (const settings of [code, { ...code, tokenizer_class: "LLaMATokenizer" }]) {
      expect(await refusal({ ...llama, "tokenizer_config.json": settings })).toBe(
        'tokenizer_config.json auto_map ({"AutoTokenizer":["x.Y",null]}) of FOLDER names code, which is not run: ' +
          'set "tokenizer_class" there to "PreTrainedTokenizerFast" to read tokenizer.json as it is, if that is meant',
      );
    }
    const other = { auto_map: { AutoConfig: "x.Y", AutoTokenizer: null } };
    for (const settings of [{ ...code, tokenizer_class: "PreTrainedTokenizerFast" }, other]) {
      write({ "tokenizer_config.json": settings });
      await expect(openTokenizer(folder)).resolves.toBeDefined();
    }
  });

  it("when a pattern is to be mended that transformers might mend, and not where it would not", async () => {
    const settings = { "tokenizer_config.json": { fix_mistral_regex: true } };
    expect(await refusal({ ...llama, ...settings })).toMatch(/fix_mistral_regex \(true\) of FOLDER/);
    write({ "config.json": { ...llama["config.json"], transformers_version: "4.46.3" } });
    await expect(openTokenizer(folder)).resolves.toBeDefined();
  });

  it("when its vocabulary is of another kind than its class", async () => {
    const settings = { "tokenizer_config.json": { tokenizer_class: "LlamaTokenizer" } };
    expect(await refusal({ ...llama, ...settings })).toBe(
      "LlamaTokenizer cannot read the byte-level vocabulary of FOLDER: " +
        'set "tokenizer_class" to "PreTrainedTokenizerFast" in tokenizer_config.json',
    );
  });

  it("when its vocabulary is one of words and its class has pieces", async () => {
    const words = { "tokenizer.json": { model: { type: "WordLevel", vocab: { a: 0 }, unk_token: "a" } } };
    const settings = { "tokenizer_config.json": { tokenizer_class: "LlamaTokenizer" } };
    expect(await refusal({ ...llama, ...words, ...settings })).toBe(
      "the vocabulary of FOLDER is one of words: " +
        'set "tokenizer_class" to "PreTrainedTokenizerFast" in tokenizer_config.json',
    );
  });

  it("when its BPE has no merges", async () => {
    const bare = { "tokenizer.json": { model: { type: "BPE", vocab: { a: 0 } } } };
    expect(await refusal({ ...llama, ...bare })).toBe(
      "tokenizer.json of FOLDER at model.merges: a bpe needs them",
    );
  });

  it("when its model is neither a BPE nor words", async () => {
    const unigram = { model: { type: "Unigram", vocab: [["a", 0]], unk_id: 0 } };
    expect(await refusal({ ...llama, "tokenizer.json": unigram })).toMatch(
      /^tokenizer.json of FOLDER at model.type: /,
    );
  });
});

describe("an open tokenizer refuses", () => {
  it("half of a surrogate pair, which has no UTF-8", async () => {
    write(opt);
    const tokenizer = await openTokenizer(folder);
    const halves = { "a\ud83d": "U+D83D, at offset 1", "😀\ude00": "U+DE00, at offset 2" };
    for (const [text, where] of Object.entries(halves)) {
      await expect(tokenizer.encode(text)).rejects.toThrow(`text holds half of a surrogate pair, ${where}`);
    }
    await expect(tokenizer.encode("a😀")).resolves.toBeDefined();
  });

  it("ids that are not in the vocabulary", async () => {
    write(opt);
    const tokenizer = await openTokenizer(folder);
    for (const id of [5, -1, 0.5, NaN, 2 ** 32]) {
      expect(() => tokenizer.decode([0, id])).toThrow(`no token ${id}: the vocabulary has 5 tokens`);
      expect(() => tokenizer.tokenText(id)).toThrow(`no token ${id}`);
    }
    expect(tokenizer.decode([3, 4])).toBe("ab<|endoftext|>");
    expect(tokenizer.idOf("c")).toBeUndefined();
  });
});

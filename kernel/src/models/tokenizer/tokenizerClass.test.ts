import { expect, it } from "vitest";
import { tokenizerClass } from "./tokenizerClass.js";

it("follows the model type where no file names a class", () => {
  expect(["opt", "gpt2", "gpt_neox", "llama"].map((type) => tokenizerClass(type, undefined))).toEqual([
    "GPT2Tokenizer",
    "GPT2Tokenizer",
    "GPTNeoXTokenizer",
    "TokenizersBackend",
  ]);
});

it("prefers the named class and does not mind Fast", () => {
  expect(tokenizerClass("opt", "PreTrainedTokenizerFast")).toBe("TokenizersBackend");
  expect(tokenizerClass("llama", "LlamaTokenizerFast")).toBe("LlamaTokenizer");
});

it("refuses what it does not know, naming what it does", () => {
  expect(() => tokenizerClass("bert", undefined)).toThrow(
    'no tokenizer for model_type "bert": supported are opt, gpt2, gpt_neox, llama',
  );
  expect(() => tokenizerClass("opt", "BertTokenizer")).toThrow(
    /^tokenizer_class "BertTokenizer" is not supported: .*GPT2/,
  );
});

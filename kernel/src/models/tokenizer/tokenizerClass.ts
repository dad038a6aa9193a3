/** The ways of building a tokenizer that the supported architectures are published with, by their transformers names. */
export type TokenizerClass = "GPT2Tokenizer" | "GPTNeoXTokenizer" | "LlamaTokenizer" | "TokenizersBackend";

/** What transformers 5.18 builds for a model type whose files name no class. */
const byModelType: ReadonlyMap<string, TokenizerClass> = new Map([
  ["opt", "GPT2Tokenizer"],
  ["gpt2", "GPT2Tokenizer"],
  ["gpt_neox", "GPTNeoXTokenizer"],
  // transformers registers no class for LLaMA, so that tokenizer.json is then taken as it is.
  ["llama", "TokenizersBackend"],
]);

/** Names found in published files → what transformers 5.18 builds for them. */
const byName: ReadonlyMap<string, TokenizerClass> = new Map([
  ["GPT2Tokenizer", "GPT2Tokenizer"],
  ["GPTNeoXTokenizer", "GPTNeoXTokenizer"],
  ["LlamaTokenizer", "LlamaTokenizer"],
  // A name that transformers does not know, in early LLaMA conversions.
  ["LLaMATokenizer", "TokenizersBackend"],
  ["PreTrainedTokenizer", "TokenizersBackend"],
  ["TokenizersBackend", "TokenizersBackend"],
]);

/**
 * The class that `AutoTokenizer.from_pretrained` of transformers 5.18 takes.
 *
 * @param modelType `model_type` of config.json.
 * @param named `tokenizer_class` of tokenizer_config.json, else of config.json.
 * @throws for a model type or a class that is not supported, naming those that are.
 */
export function tokenizerClass(modelType: string, named: string | undefined): TokenizerClass {
  const registered = byModelType.get(modelType);
  if (registered === undefined) {
    throw new Error(
      `no tokenizer for model_type "${modelType}": supported are ${[...byModelType.keys()].join(", ")}`,
    );
  }
  if (named === undefined) return registered;
  const found = byName.get(named.replace(/Fast$/, ""));
  if (found === undefined) {
    throw new Error(
      `tokenizer_class "${named}" is not supported: supported are ${[...byName.keys()].join(", ")}`,
    );
  }
  return found;
}

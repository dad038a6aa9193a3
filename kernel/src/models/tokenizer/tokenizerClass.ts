/** The ways of building a tokenizer that the supported architectures are published with, by their transformers names. */
export type TokenizerClass =
  "GPT2Tokenizer" | "GPTNeoXTokenizer" | "LlamaTokenizer" | "Qwen2Tokenizer" | "TokenizersBackend";

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
  ["Qwen2Tokenizer", "Qwen2Tokenizer"],
  // A name that transformers does not know, in early LLaMA conversions.
  ["LLaMATokenizer", "TokenizersBackend"],
  ["PreTrainedTokenizer", "TokenizersBackend"],
  ["TokenizersBackend", "TokenizersBackend"],
]);

/** Names that transformers does not know, a model type among them. */
const foreign: ReadonlySet<string> = new Set(["llama", "LLaMATokenizer"]);

const another = 'set "tokenizer_class" in tokenizer_config.json to';
/** What to do about a class that is not built here: only infilling, by which CodeLLaMA's splits texts, is not LLaMA's. */
const cures: ReadonlyMap<string, string> = new Map([
  [
    "CodeLlamaTokenizer",
    `${another} "LlamaTokenizer", and "legacy" to false, which gives the same ids but for infilling`,
  ],
]);

/**
 * Whether transformers has code of its own for the files, by which it then goes even where they name code to run.
 *
 * @param named `tokenizer_class` of tokenizer_config.json.
 */
export function isOfTransformers(modelType: string, named: string | undefined): boolean {
  if (!foreign.has(modelType)) return true;
  const name = named?.replace(/Fast$/, "");
  return name !== undefined && byName.has(name) && !foreign.has(name);
}

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
  const name = named.replace(/Fast$/, "");
  const found = byName.get(name);
  if (found === undefined) {
    const cure =
      cures.get(name) ??
      `${another} "PreTrainedTokenizerFast" to read tokenizer.json as it is, if that is meant`;
    throw new Error(
      `tokenizer_class "${named}" is not supported: supported are ${[...byName.keys()].join(", ")}; ${cure}`,
    );
  }
  return found;
}

import { special } from "../../models/demo/vocabulary.js";

/** Ids of the tokens that are no words: as in the published OPT tokenizers, where `</s>` begins a text too. */
export const specialIds = { start: 2, padding: 1, unknown: 3 } as const;

/** All tokens of a vocabulary of words, by id. */
export function tokensOf(words: readonly string[]): readonly string[] {
  const tokens = [...special, ...words];
  const twice = tokens.find((token, i) => tokens.indexOf(token) !== i);
  if (twice !== undefined) throw new Error(`the vocabulary holds "${twice}" twice`);
  return tokens;
}

/**
 * A `tokenizer.json` for words: text is put in lower case, split at spaces and around punctuation, and each word is
 * one token; `</s>` is put first.
 */
export function wordTokenizer(words: readonly string[]): object {
  const tokens = tokensOf(words);
  const start = special[specialIds.start] as string;
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: special.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: "Lowercase" },
    pre_tokenizer: { type: "Whitespace" },
    post_processor: {
      type: "TemplateProcessing",
      single: [{ SpecialToken: { id: start, type_id: 0 } }, { Sequence: { id: "A", type_id: 0 } }],
      pair: [
        { SpecialToken: { id: start, type_id: 0 } },
        { Sequence: { id: "A", type_id: 0 } },
        { Sequence: { id: "B", type_id: 0 } },
      ],
      special_tokens: { [start]: { id: start, ids: [specialIds.start], tokens: [start] } },
    },
    decoder: null,
    model: {
      type: "WordLevel",
      vocab: Object.fromEntries(tokens.map((token, id) => [token, id])),
      unk_token: special[specialIds.unknown],
    },
  };
}

/** The `tokenizer_config.json` beside it. */
export function wordTokenizerConfig(): object {
  return {
    tokenizer_class: "PreTrainedTokenizerFast",
    bos_token: special[specialIds.start],
    eos_token: special[specialIds.start],
    pad_token: special[specialIds.padding],
    unk_token: special[specialIds.unknown],
  };
}

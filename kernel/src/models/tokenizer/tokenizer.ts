/**
 * One token of a text. `[start, end)` are UTF-16 offsets, so `text.slice(start, end)` is what the token covers; both
 * are undefined for a token that the text does not contain, such as a leading `</s>`, and for one given by its id.
 *
 * They are the offsets of the Rust tokenizers, so:
 * - a token covers every character that it holds a part of: the four tokens of "😀" all have its offsets, and neighbours
 *   may overlap;
 * - a token of normalised text covers the original characters it came from;
 * - a word-start mark that stands for no space, as SentencePiece puts before a text, covers the character after it;
 * - where the tokenizer trims offsets, a token's leading space is not covered, and a token of spaces covers nothing
 *   (`start === end`).
 */
export interface Token {
  readonly id: number;
  /** As `Tokenizer.tokenText` shows it. */
  readonly text: string;
  readonly start: number | undefined;
  readonly end: number | undefined;
}

/** A text as tokens; `ids[i] === tokens[i].id`. */
export interface Encoded {
  readonly ids: number[];
  readonly tokens: Token[];
}

export interface EncodeOptions {
  /**
   * Whether the tokens are added that the checkpoint puts around every text (OPT's leading `</s>`, LLaMA's `<s>`).
   * Default true. Special tokens that are written in the text are recognised either way.
   */
  readonly special?: boolean;
  /**
   * Whether the text goes on from another, so that it gets no special tokens, nor the mark that some tokenizers put before a
   * text's beginning (the "▁" of LLaMA 1 and 2): its ids are those it has behind another text. Or the ids that it goes on
   * from: after those that the checkpoint puts before every text, and no others, it is a beginning. Default false.
   */
  readonly continues?: boolean | readonly number[];
}

export interface DecodeOptions {
  /** Leave special tokens out. Default false. */
  readonly skipSpecial?: boolean;
}

/** Ids of the tokens with a role; a role that the checkpoint does not name is absent. */
export interface SpecialTokens {
  readonly bos?: number;
  readonly eos?: number;
  readonly pad?: number;
  readonly unk?: number;
}

/** Text to token ids and back, with the ids that transformers gives for the same folder. */
export interface Tokenizer {
  /** Number of tokens, added ones included. A model's embedding may have more rows. */
  readonly vocabularySize: number;
  readonly special: SpecialTokens;
  /**
   * Token ids of a text and what each covers.
   * @throws if the text holds half of a surrogate pair, which has no UTF-8, or goes on from another and would be one token
   * with whatever stands before it, or from an added token that is not read from its own text.
   */
  encode(text: string, options?: EncodeOptions): Promise<Encoded>;
  /**
   * Text of a sequence of ids; bytes that do not make a character become U+FFFD.
   * @throws if an id is not in the vocabulary.
   */
  decode(ids: readonly number[], options?: DecodeOptions): string;
  /**
   * One token for display: the text it stands for, its space included (`Ġhe` and `▁he` are " he"), and bytes that are
   * no whole character as `<0xF0>`. Special and other added tokens are shown as written. Line breaks are kept.
   * @throws if the id is not in the vocabulary.
   */
  tokenText(id: number): string;
  /** Id of a token as the vocabulary spells it (`Ġhe`, `▁he`, `<0x0A>`), undefined if there is none. */
  idOf(token: string): number | undefined;
}

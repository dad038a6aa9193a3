export { openTokenizer } from "./open.js";
export type { DecodeOptions, Encoded, EncodeOptions, SpecialTokens, Token, Tokenizer } from "./tokenizer.js";

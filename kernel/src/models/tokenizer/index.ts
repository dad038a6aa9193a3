export { openTokenizer } from "./open.js";
export type { Encoded, EncodeOptions, Token, Tokenizer } from "./tokenizer.js";

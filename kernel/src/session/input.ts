import type { EncodeOptions, Token, Tokenizer } from "../models/tokenizer/index.js";
import type { Input } from "./types.js";

/** What an input is checked against. */
export interface InputLimits {
  readonly vocabulary: number;
  /** Longest row, in tokens. */
  readonly maxPositions: number;
}

/** The rows of an input, as ids to run and tokens to show. */
export interface Rows {
  readonly ids: readonly (readonly number[])[];
  readonly tokens: readonly (readonly Token[])[];
}

/**
 * Turns an input into rows of token ids: text by the tokenizer, with its special tokens; ids as they are given.
 * Throws one line for an empty input or row, a token outside the model's vocabulary (its tokenizer may know more), or a row
 * longer than the model reads.
 *
 * @param tokenizer opened on first need; ids can be run without one, and are then shown as numbers
 * @param encode whether a text gets its special tokens
 */
export async function readInput(
  input: Input,
  limits: InputLimits,
  tokenizer: () => Promise<Tokenizer>,
  encode: EncodeOptions = {},
): Promise<Rows> {
  const rows = typeof input === "string" ? [input] : asRows(input);
  if (rows.length === 0) throw new Error("empty input: give a text, texts, token ids, or rows of token ids");
  const tokens: Token[][] = [];
  for (const [index, row] of rows.entries()) {
    const where = rows.length > 1 ? ` (row ${index})` : "";
    const read =
      typeof row === "string"
        ? await fromText(row, where, limits, tokenizer, encode)
        : await fromIds(row, where, limits, tokenizer);
    if (read.length === 0) throw new Error(`empty input${where}: a row needs at least one token`);
    if (read.length > limits.maxPositions)
      throw new Error(
        `input of ${read.length} tokens${where}: the model reads at most ${limits.maxPositions}`,
      );
    tokens.push(read);
  }
  return { ids: tokens.map((row) => row.map(({ id }) => id)), tokens };
}

function asRows(input: Exclude<Input, string>): readonly (string | readonly number[])[] {
  if (ArrayBuffer.isView(input))
    throw new Error(`input is ${input.constructor.name}: give token ids as a list, Array.from(ids, Number)`);
  if (!Array.isArray(input))
    throw new Error(`input is ${typeof input}: give a text, texts, token ids, or rows of token ids`);
  const list = input as readonly unknown[];
  // The types have no bigints, which `fromIds` refuses by name.
  if (list.length > 0 && list.every((each) => typeof each === "number" || typeof each === "bigint"))
    return [list as readonly number[]];
  if (list.every((each) => typeof each === "string")) return list as readonly string[];
  if (list.every((each) => Array.isArray(each))) return list as readonly (readonly number[])[];
  throw new Error("input mixes kinds: give a text, texts, token ids, or rows of token ids");
}

async function fromText(
  text: string,
  where: string,
  { vocabulary }: InputLimits,
  tokenizer: () => Promise<Tokenizer>,
  encode: EncodeOptions,
): Promise<Token[]> {
  const { tokens } = await (await tokenizer()).encode(text, encode);
  const wrong = tokens.find(({ id }) => id >= vocabulary);
  if (wrong !== undefined)
    throw outsideVocabulary(`${wrong.id} (${JSON.stringify(wrong.text)})${where}`, vocabulary);
  return tokens;
}

async function fromIds(
  ids: readonly number[],
  where: string,
  { vocabulary }: InputLimits,
  tokenizer: () => Promise<Tokenizer>,
): Promise<Token[]> {
  const odd = (ids as readonly unknown[]).find((id) => typeof id !== "number");
  if (typeof odd === "bigint")
    throw new Error(`token id ${odd}n${where} is a bigint: give token ids as numbers, ids.map(Number)`);
  if (odd !== undefined) throw new Error(`token id${where} is ${typeof odd}: give token ids as numbers`);
  const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocabulary);
  if (wrong !== undefined) throw outsideVocabulary(`${String(wrong)}${where}`, vocabulary);
  const reader = await tokenizer().catch(() => undefined);
  return ids.map((id) => ({ id, text: textOf(reader, id), start: undefined, end: undefined }));
}

/** @param token its id, and its text where it was read from one; where it stands, if there is more to say */
export function outsideVocabulary(token: string, vocabulary: number): Error {
  return new Error(`token id ${token} is outside the vocabulary: ids are 0 to ${vocabulary - 1}`);
}

/** The embedding may have rows that the tokenizer does not know. */
export function textOf(tokenizer: Tokenizer | undefined, id: number): string {
  if (tokenizer === undefined || id >= tokenizer.vocabularySize) return `${id}`;
  try {
    return tokenizer.tokenText(id);
  } catch {
    return `${id}`;
  }
}

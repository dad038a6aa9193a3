import type { Tokenizer } from "../../models/tokenizer/index.js";
import { textOf } from "../input.js";
import type { Token } from "../types.js";
import type { Ends } from "./ends.js";
import type { GeneratedRow } from "./types.js";

/** One row while it is being continued. */
export class GrowingRow {
  readonly #ids: number[] = [];
  readonly #tokens: Token[] = [];
  readonly #tokenizer: Tokenizer | undefined;
  readonly #ends: Ends;
  readonly #most: number;
  /** The token before the first one: some tokenizers spell the space before a word only where something comes before it. */
  readonly #before: readonly number[];
  #text = "";
  #told = "";
  #ended: GeneratedRow["ended"] | undefined;

  constructor(prompt: readonly number[], most: number, ends: Ends, tokenizer: Tokenizer | undefined) {
    this.#before = prompt.slice(-1);
    this.#most = most;
    this.#ends = ends;
    this.#tokenizer = tokenizer;
  }

  get text(): string {
    return this.#text;
  }

  /** Why no more comes; undefined while it grows. */
  get ended(): GeneratedRow["ended"] | undefined {
    return this.#ended;
  }

  /** What the next step is fed of this row: its newest token, and nothing once it has ended. */
  get next(): readonly Token[] {
    return this.#ended !== undefined ? [] : this.#tokens.slice(-1);
  }

  /** Adds a token; the token, and what is new of the text. */
  add(id: number): { token: Token; text: string } {
    const token = { id, text: textOf(this.#tokenizer, id), start: undefined, end: undefined };
    this.#ids.push(id);
    this.#tokens.push(token);
    this.#text = this.#read();
    if (this.#ends.ids.has(id) || this.#ends.texts.some((text) => this.#text.includes(text)))
      this.#ended = "stop";
    else if (this.#ids.length === this.#most) this.#ended = "length";
    // A character of several tokens is shown when it is whole, or when nothing more comes.
    const isWhole = this.#ended !== undefined || !this.#text.endsWith("\uFFFD");
    if (!isWhole) return { token, text: "" };
    // Some tokenizers close up earlier characters ("do n't"); what was told stays told, and the rest goes on.
    const text = this.#text.slice(this.#told.length);
    this.#told = this.#text;
    return { token, text };
  }

  finish(): GeneratedRow {
    return { ids: this.#ids, tokens: this.#tokens, text: this.#text, ended: this.#ended ?? "length" };
  }

  #read(): string {
    const tokenizer = this.#tokenizer;
    const before = readIds(tokenizer, this.#before);
    const whole = readIds(tokenizer, [...this.#before, ...this.#ids]);
    // A character that the prompt begins is whole only together with what follows.
    if (tokenizer === undefined || !whole.startsWith(before)) return readIds(tokenizer, this.#ids);
    return whole.slice(before.length);
  }
}

/** Their text without special tokens; without a tokenizer, the ids. */
export function readIds(tokenizer: Tokenizer | undefined, ids: readonly number[]): string {
  if (tokenizer === undefined) return ids.join(" ");
  // The embedding may have rows that the tokenizer does not know.
  return tokenizer.decode(
    ids.filter((id) => id < tokenizer.vocabularySize),
    { skipSpecial: true },
  );
}

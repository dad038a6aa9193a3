import { stat } from "node:fs/promises";
import { build, type Built } from "./build.js";
import { cleanUp } from "./cleanUp.js";
import { readFiles } from "./files.js";
import { utf16Offsets } from "./offsets.js";
import type { DecodeOptions, EncodeOptions, Encoded, SpecialTokens, Token, Tokenizer } from "./tokenizer.js";
import { textOfToken, type Spelling } from "./tokenText.js";

/** How a vocabulary spells text, by the decoder that undoes it. */
function spelling(definition: Built["definition"]): Spelling {
  const decoder = JSON.stringify(definition["decoder"] ?? null);
  if (decoder.includes('"ByteLevel"')) return "byteLevel";
  return decoder.includes("▁") ? "sentencePiece" : "plain";
}

/** Where half of a surrogate pair stands, -1 if nowhere. */
function lone(text: string): number {
  return text.isWellFormed() ? -1 : text.search(/\p{Surrogate}/u);
}

/** What a text may be put behind, to see what it is where it is no beginning: no vocabulary joins all of them to what follows. */
const before = ["\n", ".", "1"];

/** Tokens that stand in a text from a place on, as if it began there. */
function from(tokens: readonly Token[], place: number): Encoded {
  const moved = tokens.map((token) => ({ ...token, start: token.start! - place, end: token.end! - place }));
  return { ids: moved.map(({ id }) => id), tokens: moved };
}

class LibraryTokenizer implements Tokenizer {
  readonly vocabularySize: number;
  readonly special: SpecialTokens;
  readonly #built: Built;
  readonly #decoder: ReturnType<Built["native"]["getDecoder"]>;
  readonly #spelling: Spelling;
  #marks: Promise<boolean> | undefined;
  /** What stands around every text. */
  #around: Promise<Encoded> | undefined;

  constructor(built: Built) {
    this.#built = built;
    this.#decoder = built.native.getDecoder();
    this.#spelling = spelling(built.definition);
    this.vocabularySize = built.native.getVocabSize(true);
    const special: Record<string, number> = {};
    for (const role of ["bos", "eos", "pad", "unk"]) {
      const token = built.named.get(`${role}_token`);
      if (token !== undefined && token !== "") special[role] = built.native.tokenToId(token)!;
    }
    this.special = special;
  }

  async encode(text: string, options: EncodeOptions = {}): Promise<Encoded> {
    const { continues = false, special = true } = options;
    if (continues === false) return this.#encode(text, special);
    return continues === true ? this.#encodeBehind(text) : this.#encodeAfter(continues, text);
  }

  /** The tokens of a text after others, which need not be text. */
  async #encodeAfter(ids: readonly number[], text: string): Promise<Encoded> {
    this.#around ??= this.#encode("", true);
    const around = await this.#around;
    // What the tokenizer puts before every text is no text: what comes next is a beginning.
    if (ids.every((id, at) => id === around.ids[at])) return this.#encode(text, false);
    const last = ids.at(-1)!;
    const written = this.#built.native.idToToken(last);
    if (written === null || !this.#built.added.has(written)) return this.#encodeBehind(text);
    // An added token parts a text, and whether its next part gets a mark is the tokenizer's to say.
    const { tokens } = await this.#encode(written + text, false);
    const at = tokens.findIndex(({ id }) => id === last);
    if (at < 0)
      throw new Error(
        `text ${JSON.stringify(text)} goes on from ${JSON.stringify(written)}, which is read as other tokens: give its token ids`,
      );
    return from(tokens.slice(at + 1), written.length);
  }

  /** The tokens of a text behind others that it shares no token with. */
  async #encodeBehind(text: string): Promise<Encoded> {
    const alone = await this.#encode(text, false);
    // Most tokenizers have no mark of a beginning, and a text without one may begin with what others would join.
    if (!(await this.#marksBeginnings())) return alone;
    for (const other of before) {
      const { tokens } = await this.#encode(other + text, false);
      const first = tokens.findIndex(({ start = 0, end = 0 }) => end > other.length || start >= other.length);
      const own = first < 0 ? [] : tokens.slice(first);
      if (own.some(({ start = 0 }) => start < other.length)) continue;
      return from(own, other.length);
    }
    throw new Error(`text ${JSON.stringify(text)} is joined to whatever it goes on from: give its token ids`);
  }

  /** Whether a text that begins with a letter begins with a space for the model. */
  async #marksBeginnings(): Promise<boolean> {
    this.#marks ??= this.#encode("a", false).then(
      ({ tokens: [first] }) => first?.text.startsWith(" ") ?? false,
    );
    return this.#marks;
  }

  async #encode(text: string, special: boolean): Promise<Encoded> {
    const at = lone(text);
    if (at >= 0) {
      const unit = text.charCodeAt(at).toString(16).toUpperCase();
      throw new Error(`text holds half of a surrogate pair, U+${unit}, at offset ${at}`);
    }
    const encoding = await this.#built.native.encode(text, null, {
      addSpecialTokens: special,
    });
    const ids = encoding.getIds();
    const spans = encoding.getOffsets();
    const added = encoding.getSpecialTokensMask();
    const offset = utf16Offsets(text);
    const tokens = ids.map((id, i) => {
      const [start, end] = spans[i] as [number, number];
      const span =
        added[i] === 1 ? { start: undefined, end: undefined } : { start: offset(start), end: offset(end) };
      return { id, text: this.tokenText(id), ...span };
    });
    return { ids, tokens };
  }

  decode(ids: readonly number[], options: DecodeOptions = {}): string {
    const tokens = ids.map((id) => this.#token(id));
    const kept =
      options.skipSpecial === true ? tokens.filter((token) => !this.#built.added.get(token)) : tokens;
    const text = this.#decoder === null ? kept.join(" ") : this.#decoder.decode(kept);
    return this.#built.cleansUp ? cleanUp(text) : text;
  }

  tokenText(id: number): string {
    const token = this.#token(id);
    return this.#built.added.has(token) ? token : textOfToken(token, this.#spelling);
  }

  idOf(token: string): number | undefined {
    return this.#built.native.tokenToId(token) ?? undefined;
  }

  #token(id: number): string {
    // The library would take 1.5 for 1 and -1 for the largest id.
    const token = Number.isInteger(id) && id >= 0 && id < 2 ** 32 ? this.#built.native.idToToken(id) : null;
    if (token === null) throw new Error(`no token ${id}: the vocabulary has ${this.vocabularySize} tokens`);
    return token;
  }
}

/**
 * Open the tokenizer of a checkpoint: `tokenizer.json`, or `vocab.json` beside `merges.txt`, with what config.json,
 * tokenizer_config.json, special_tokens_map.json and added_tokens.json say. Ids are those of
 * `AutoTokenizer.from_pretrained(folder)` in transformers 5.18.
 *
 * @throws in one line, naming the file, if the folder holds no tokenizer that can be read or asks for what is not
 * supported; a folder with only a SentencePiece model is answered with the command that converts it.
 */
export async function openTokenizer(folder: string): Promise<Tokenizer> {
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new Error(`no folder ${folder}`);
  return new LibraryTokenizer(build(await readFiles(folder)));
}

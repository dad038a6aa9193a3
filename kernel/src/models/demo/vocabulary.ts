import { openers, words } from "./words.js";

/** A byte-level BPE: token → id, and merges in the order they are tried. */
export interface Vocabulary {
  readonly ids: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
}

/** Ids 0 to 3, as in the published OPT tokenizers. */
export const special = ["<s>", "<pad>", "</s>", "<unk>"] as const;

/** GPT-2's printable stand-ins for the 256 bytes (Radford et al. 2019). */
function byteSymbols(): string[] {
  const printable = (b: number) => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  let next = 256;
  return Array.from({ length: 256 }, (_, b) => String.fromCodePoint(printable(b) ? b : next++));
}

/** Merges that join every word of the list to one token, left to right, sharing beginnings. */
export function makeVocabulary(): Vocabulary {
  const merges: [string, string][] = [];
  const rank = new Map<string, number>();
  const spaced = [...new Set([...words, ...openers])].map((word) => `Ġ${word}`);
  for (const word of [...spaced, ...openers]) {
    for (let pieces = encode(word, rank); pieces.length > 1; pieces = encode(word, rank)) {
      const pair: [string, string] = [pieces[0]!, pieces[1]!];
      rank.set(pair.join(" "), merges.length);
      merges.push(pair);
    }
  }
  const tokens = [...special, ...byteSymbols(), ...merges.map((pair) => pair.join(""))];
  return { ids: new Map([...new Set(tokens)].map((token, id) => [token, id])), merges };
}

/** Byte-pair encoding of one word: join the pair of lowest rank until none is known (Sennrich et al. 2016). */
function encode(word: string, rank: ReadonlyMap<string, number>): string[] {
  let pieces = [...word];
  for (;;) {
    const pairs = pieces.slice(1).map((piece, i) => rank.get(`${pieces[i]} ${piece}`) ?? Infinity);
    const best = Math.min(...pairs);
    if (best === Infinity) return pieces;
    const joined: string[] = [];
    for (let i = 0; i < pieces.length; i++) {
      const isPair = pairs[i] === best && i + 1 < pieces.length;
      joined.push(isPair ? pieces[i]! + pieces[++i]! : pieces[i]!);
    }
    pieces = joined;
  }
}

import { concat, type Value } from "../../graph/value.js";
import type { Session } from "../../session/session.js";
import { tokenIds, type TokenName } from "../../session/token.js";

/**
 * What stands for a class: a text with its leading space, of one or several tokens, which are those that it is behind another
 * text; a token by its id, or several tokens by theirs.
 */
export type LabelWord = TokenName | { readonly ids: readonly number[] };

/** Label words by class. */
export interface Verbaliser {
  /** Token ids of each word, class after class. */
  readonly words: readonly (readonly number[])[];
  /** How many of them each class has. */
  readonly sizes: readonly number[];
  /** Tokens of the longest word. */
  readonly longest: number;
}

/**
 * Looks label words up. Throws one line for what is no word, a word without tokens, one that the tokenizer does not know, one that stands
 * twice, or one that begins another, which a model that reads on could not tell apart.
 *
 * @param given one or several of each class
 */
export async function verbaliser(
  session: Session,
  given: readonly (LabelWord | readonly LabelWord[])[],
): Promise<Verbaliser> {
  if (!Array.isArray(given))
    throw new Error(`words ${JSON.stringify(given)}: give a list, of one or several words of each class`);
  if (given.length < 2) throw new Error(`label words of ${given.length} classes: there must be 2 or more`);
  const words: (readonly number[])[] = [];
  const names: string[] = [];
  const sizes: number[] = [];
  for (const [label, of] of given.entries()) {
    const each = (Array.isArray(of) ? of : [of]) as readonly LabelWord[];
    if (each.length === 0) throw new Error(`class ${label} has no label word`);
    const before = words.length;
    for (const word of each) {
      checkWord(word);
      const ids = await idsOfWord(session, word);
      const name = JSON.stringify(typeof word === "object" ? word.ids : word);
      if (ids.length === 0) throw new Error(`label word ${name} has no tokens`);
      const same = words.findIndex((other) => other.join() === ids.join());
      if (same >= 0)
        throw new Error(
          `label word ${name} stands ${same < before ? "for two classes" : `twice for class ${label}`}`,
        );
      words.push(ids);
      names.push(name);
    }
    sizes.push(each.length);
  }
  words.forEach((long, i) =>
    words.forEach((short, j) => {
      if (short.length < long.length && short.every((id, at) => id === long[at]))
        throw new Error(`label word ${names[j]} begins ${names[i]}: give others`);
    }),
  );
  return { words, sizes, longest: Math.max(...words.map((word) => word.length)) };
}

/** Throws one line for what is no label word. */
function checkWord(word: unknown): void {
  if (typeof word === "string" || typeof word === "number") return;
  const { ids } = (word ?? {}) as { readonly ids?: unknown };
  if (!Array.isArray(ids) || !ids.every((id) => typeof id === "number"))
    throw new Error(`label word ${JSON.stringify(word)}: give a text, a token id, or { ids: [3, 4] }`);
}

async function idsOfWord(session: Session, word: LabelWord): Promise<readonly number[]> {
  if (typeof word === "string") {
    const ids = await tokenIds(session, word);
    const { unk } = (await session.tokenizer()).special;
    if (unk !== undefined && ids.includes(unk))
      throw new Error(`label word ${JSON.stringify(word)}: the tokenizer does not know it`);
    return ids;
  }
  if (typeof word === "number") return tokenIds(session, word);
  const each = await Promise.all(word.ids.map((id) => tokenIds(session, id)));
  return each.flat();
}

/**
 * Log-probabilities of the classes [row, place, class], renormalised over all label words: a class's probability is the sum of
 * its words'.
 *
 * @param logits [row, place, token], such as those of each row's last position
 * @param words int64 [word]: the ids
 */
export function classLogProbabilities(logits: Value, words: Value, sizes: readonly number[]): Value {
  const [rows, places] = logits.shape as [number, number];
  return ofClasses(logits.pick(words.unsqueeze(0).unsqueeze(0).expand(0, rows).expand(1, places)), sizes);
}

/** Of words' log-probabilities [row, place, word], up to a number that they share, those of the classes. */
export function ofClasses(words: Value, sizes: readonly number[]): Value {
  let from = 0;
  const scores = sizes.map((size) => {
    const own = words.slice(2, from, (from += size));
    if (size === 1) return own;
    // log Σ exp x = xᵢ − log softmax(x)ᵢ for every i; that of the likeliest word neither overflows nor is −∞ − −∞.
    const { indices } = own.top(1);
    return own.pick(indices).sub(own.logSoftmax().pick(indices));
  });
  return concat(scores, 2).logSoftmax();
}

import { concat, type Value } from "../../graph/value.js";
import type { Session } from "../../session/session.js";

/** A label word: a token by its id, or by its text with its leading space where that is exactly one token. */
export type LabelWord = string | number;

/** Label words by class, and how a class's score is made of them. */
export interface Verbaliser {
  /** Ids of all words, class after class. */
  readonly ids: readonly number[];
  /** How many of them each class has. */
  readonly sizes: readonly number[];
}

/**
 * Looks label words up. Throws one line for a word that is not exactly one token, or that stands for two classes.
 *
 * @param words one or several of each class
 */
export async function verbaliser(
  session: Session,
  words: readonly (LabelWord | readonly LabelWord[])[],
): Promise<Verbaliser> {
  if (words.length < 2) throw new Error(`label words of ${words.length} classes: there must be 2 or more`);
  const ids: number[] = [];
  const sizes: number[] = [];
  for (const [label, of] of words.entries()) {
    const each = typeof of === "object" ? of : [of];
    if (each.length === 0) throw new Error(`class ${label} has no label word`);
    for (const word of each) {
      const id = await wordId(session, word);
      if (ids.includes(id)) throw new Error(`label word ${JSON.stringify(word)} stands for two classes`);
      ids.push(id);
    }
    sizes.push(each.length);
  }
  return { ids, sizes };
}

async function wordId(session: Session, word: LabelWord): Promise<number> {
  const { vocabulary } = session.dimensions;
  if (typeof word === "number") {
    if (!Number.isInteger(word) || word < 0 || word >= vocabulary)
      throw new Error(`label word ${word} is outside the vocabulary: ids are 0 to ${vocabulary - 1}`);
    return word;
  }
  const { tokens } = await (await session.tokenizer()).encode(word, { special: false });
  if (tokens.length !== 1)
    throw new Error(
      `label word "${word}" is ${tokens.length} tokens (${tokens.map(({ text }) => JSON.stringify(text)).join(", ")}): give words of one token`,
    );
  return tokens[0]!.id;
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
  const picked = logits.pick(words.unsqueeze(0).unsqueeze(0).expand(0, rows).expand(1, places));
  let from = 0;
  const scores = sizes.map((size) => {
    const own = picked.slice(2, from, (from += size));
    if (size === 1) return own;
    // log Σ exp x = x₀ − log softmax(x)₀, which does not overflow.
    return own.slice(2, 0, 1).sub(own.logSoftmax().slice(2, 0, 1));
  });
  return concat(scores, 2).logSoftmax();
}

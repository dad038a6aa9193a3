import { outsideVocabulary } from "./input.js";
import type { Session } from "./session.js";

/** A token by its id, or by its text where that is exactly one token behind another text, such as `" Mary"`. */
export type TokenName = number | string;

/**
 * Ids of the tokens that a text is behind another, as `session.score` reads it, or of a token given by its id. Throws one line
 * for one outside the vocabulary.
 */
export async function tokenIds(session: Session, text: TokenName): Promise<readonly number[]> {
  const { vocabulary } = session.dimensions;
  if (typeof text === "string") {
    const { tokens } = await (await session.tokenizer()).encode(text, { continues: true });
    const wrong = tokens.find(({ id }) => id >= vocabulary);
    if (wrong !== undefined)
      throw outsideVocabulary(`${wrong.id} (${JSON.stringify(wrong.text)})`, vocabulary);
    return tokens.map(({ id }) => id);
  }
  if (!Number.isInteger(text) || text < 0 || text >= vocabulary)
    throw outsideVocabulary(`${text}`, vocabulary);
  return [text];
}

/** Id of a token. Throws one line when a text is not exactly one token, or an id is outside the vocabulary. */
export async function tokenId(session: Session, token: TokenName): Promise<number> {
  const ids = await tokenIds(session, token);
  if (ids.length === 1) return ids[0]!;
  const tokenizer = await session.tokenizer();
  const read = ids.map((id) => JSON.stringify(tokenizer.tokenText(id))).join(", ");
  throw new Error(`"${token}" is ${ids.length} tokens (${read}): give a text of exactly one token`);
}

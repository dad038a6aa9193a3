import { printNumber, shownAs, table, type Displayable } from "../../display/index.js";
import type { Session } from "../../session/session.js";
import { checkPrompt, embeddingPoint, type SoftPrompt } from "./softPrompt.js";

/** A token of the vocabulary and how far it points the same way as a prompt's row. */
export interface NearToken {
  readonly id: number;
  readonly text: string | undefined;
  /** Cosine of the two embeddings, −1…1. */
  readonly cosine: number;
}

const sayToken = ({ id, text }: NearToken) => (text === undefined ? `token ${id}` : JSON.stringify(text));

/**
 * The tokens whose embeddings point most nearly where each row of a prompt does, nearest first. Reads the whole embedding
 * table. Such a reading is a hint only: rows are free to lie far from every token. Shows as a
 * table of the rows. Throws one line for a prompt that is not for this model, and a count that there is not.
 */
export async function nearestTokens(
  session: Session,
  prompt: SoftPrompt,
  count = 5,
): Promise<NearToken[][] & Displayable> {
  await checkPrompt(session, prompt);
  const known = session.dimensions.vocabulary;
  if (!Number.isInteger(count) || count < 1 || count > known)
    throw new Error(`${String(count)} nearest tokens: give 1 to ${known}`);
  const [row] = session.hookPoints(embeddingPoint(session));
  const parameters = session.parameters().map(({ name }) => name);
  const name = row?.aliases.map((alias) => `${alias}.weight`).find((each) => parameters.includes(each));
  if (name === undefined) throw new Error("this model's embedding table has no name that is known");
  const { data, shape } = await session.parameter(name);
  const [vocabulary, units] = shape as [number, number];
  const norm = (of: Float32Array) => Math.sqrt(of.reduce((sum, x) => sum + x * x, 0));
  const tables = Array.from({ length: vocabulary }, (_, id) => data.subarray(id * units, (id + 1) * units));
  const norms = tables.map(norm);
  const tokenizer = await session.tokenizer().catch(() => undefined);
  const found = Array.from({ length: prompt.tokens }, (_, i) => {
    const own = prompt.data.subarray(i * units, (i + 1) * units);
    const size = norm(own);
    const cosines = tables.map((each, id) => {
      const dot = each.reduce((sum, x, unit) => sum + x * own[unit]!, 0);
      return norms[id] === 0 || size === 0 ? 0 : dot / (norms[id]! * size);
    });
    const order = [...cosines.keys()].sort((a, b) => cosines[b]! - cosines[a]! || a - b).slice(0, count);
    return order.map((id) => ({
      id,
      text: tokenizer && id < tokenizer.vocabularySize ? tokenizer.tokenText(id) : undefined,
      cosine: cosines[id]!,
    }));
  });
  return shownAs(found, () =>
    table(
      found,
      [
        { title: "row", value: (near) => found.indexOf(near) },
        ...Array.from({ length: count }, (_, i) => ({
          title: i === 0 ? "nearest" : `${i + 1}`,
          value: (near: readonly NearToken[]) => `${sayToken(near[i]!)} ${printNumber(near[i]!.cosine)}`,
        })),
      ],
      "Tokens whose embeddings point most nearly where a prompt's rows do, with the cosine",
    ),
  );
}

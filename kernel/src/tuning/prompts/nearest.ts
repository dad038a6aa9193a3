import type { Session } from "../../session/session.js";
import { embeddingPoint, type SoftPrompt } from "./softPrompt.js";

/** A token of the vocabulary and how far it points the same way as a prompt's row. */
export interface NearToken {
  readonly id: number;
  readonly text: string | undefined;
  /** Cosine of the two embeddings, −1…1. */
  readonly cosine: number;
}

/**
 * The tokens whose embeddings point most nearly where each row of a prompt does, nearest first. Reads the whole embedding
 * table. Such a reading is a hint only: rows are free to lie far from every token.
 */
export async function nearestTokens(session: Session, prompt: SoftPrompt, count = 5): Promise<NearToken[][]> {
  const [row] = session.hookPoints(embeddingPoint(session));
  const known = session.parameters().map(({ name }) => name);
  const name = row?.aliases.map((alias) => `${alias}.weight`).find((each) => known.includes(each));
  if (name === undefined) throw new Error("this model's embedding table has no name that is known");
  const { data, shape } = await session.parameter(name);
  const [vocabulary, units] = shape as [number, number];
  const norm = (of: Float32Array) => Math.sqrt(of.reduce((sum, x) => sum + x * x, 0));
  const tables = Array.from({ length: vocabulary }, (_, id) => data.subarray(id * units, (id + 1) * units));
  const norms = tables.map(norm);
  const tokenizer = await session.tokenizer().catch(() => undefined);
  return Array.from({ length: prompt.tokens }, (_, i) => {
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
}

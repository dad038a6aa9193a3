import type { Value } from "../graph/value.js";
import type { Session } from "../session/session.js";

/** A token by its id, or by its text where that is exactly one token, such as `" Mary"`. */
export type TokenName = number | string;

/** How much likelier one token is than another at the last position: the difference of their logits. */
export interface LogitDifference {
  readonly correct: TokenName;
  readonly wrong: TokenName;
}

/** A number made of the logits [token] of a row's last position. */
export type Metric = LogitDifference | ((logits: Float32Array) => number);

/** Id of a token. Throws one line when a text is not exactly one token, or an id is outside the vocabulary. */
export async function tokenId(session: Session, token: TokenName): Promise<number> {
  const { vocabulary } = session.dimensions;
  if (typeof token === "number") {
    if (!Number.isInteger(token) || token < 0 || token >= vocabulary)
      throw new Error(`token id ${token} is outside the vocabulary: ids are 0 to ${vocabulary - 1}`);
    return token;
  }
  const { tokens } = await (await session.tokenizer()).encode(token, { special: false });
  if (tokens.length !== 1)
    throw new Error(
      `"${token}" is ${tokens.length} tokens (${tokens.map(({ text }) => JSON.stringify(text)).join(", ")}): a metric compares single tokens`,
    );
  return tokens[0]!.id;
}

/** What a token is called in titles. */
export const sayToken = (token: TokenName) =>
  typeof token === "number" ? `token ${token}` : JSON.stringify(token);

/** The metric as a function, and what it is called on an axis. */
export async function metricOf(
  session: Session,
  metric: Metric,
): Promise<{ name: string; of: (logits: Float32Array) => number }> {
  if (typeof metric === "function") return { name: metric.name || "metric", of: metric };
  const [correct, wrong] = (await tokensOf(session, metric)) as [number, number];
  return {
    name: `logit of ${sayToken(metric.correct)} − ${sayToken(metric.wrong)}`,
    of: (logits) => logits[correct]! - logits[wrong]!,
  };
}

/**
 * The difference of two tokens' logits, summed over rows, as a loss.
 *
 * @param logits [row, 1, token] of the last positions
 * @param tokens int64 [2]: the correct one and the wrong one
 */
export function lastDifference(logits: Value, tokens: Value): Value {
  const [rows] = logits.shape as [number];
  const picked = logits.pick(tokens.unsqueeze(0).unsqueeze(0).expand(0, rows));
  return picked
    .slice(2, 0, 1)
    .sub(picked.slice(2, 1, 2))
    .sum([0, 1, 2]);
}

/** Ids of a metric's two tokens. Throws as `tokenId` does. */
export async function tokensOf(session: Session, { correct, wrong }: LogitDifference): Promise<number[]> {
  return [await tokenId(session, correct), await tokenId(session, wrong)];
}

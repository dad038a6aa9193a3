import type { Value } from "../graph/value.js";
import { checkOptions, type OptionNames } from "../session/options.js";
import type { Session } from "../session/session.js";
import { tokenId, type TokenName } from "../session/token.js";

/** How much likelier one token is than another at the last position: the difference of their logits. */
export interface LogitDifference {
  readonly correct: TokenName;
  readonly wrong: TokenName;
}

/** A number made of the logits [token] of a row's last position. */
export type Metric = LogitDifference | ((logits: Float32Array) => number);

/** What a token is called in titles. */
export const sayToken = (token: TokenName) =>
  typeof token === "number" ? `token ${token}` : JSON.stringify(token);

/** The metric as a function, and what it is called on an axis. */
export async function metricOf(
  session: Session,
  metric: Metric,
): Promise<{ name: string; of: (logits: Float32Array) => number }> {
  if (typeof metric === "function") return { name: metric.name || "metric", of: metric };
  const [correct, wrong] = (await pairOf(session, metric)) as [number, number];
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

const names: OptionNames<LogitDifference> = { correct: true, wrong: true };

/** Ids of a metric's two tokens. Throws as `tokenId` does, and one line for what does not name two different tokens. */
export async function pairOf(session: Session, metric: LogitDifference): Promise<number[]> {
  if (typeof metric === "function")
    throw new Error("metric is a function, which has no gradient here: give { correct, wrong }, two tokens");
  checkOptions("a metric", metric, names);
  const { correct, wrong } = metric;
  for (const [name, token] of Object.entries({ correct, wrong }))
    if (token === undefined) throw new Error(`metric without "${name}": give { correct, wrong }, two tokens`);
  const ids = [await tokenId(session, correct), await tokenId(session, wrong)];
  if (ids[0] === ids[1])
    throw new Error(`metric of ${sayToken(correct)} less itself, which is always 0: give two tokens`);
  return ids;
}

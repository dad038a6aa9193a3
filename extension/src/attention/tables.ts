import type { AttentionPayload, HeadScores } from "vitrail/payload";
import { headNumber, scoreNames, tokenLabel } from "vitrail/payload";
import { tableOf } from "../table.js";
import { cellLabel, printWeight } from "./head.js";
import type { HeadMap } from "./head.js";

/** Beyond this many tokens a square table cannot be read; each query's strongest keys can. */
const squareTokens = 48;
const strongestKeys = 5;

/** What each head does, as numbers. */
export function headTable(payload: AttentionPayload): HTMLElement {
  const { layers, heads, scores } = payload;
  const known = (Object.keys(scoreNames) as (keyof HeadScores)[]).filter((name) => scores[name] !== null);
  const rows = layers.flatMap((layer, l) =>
    Array.from({ length: heads }, (_, head) => [
      `layer ${layer} head ${headNumber(payload, head)}`,
      ...known.map((name) => scores[name]![l * heads + head]!.toFixed(3)),
    ]),
  );
  const titles = ["head", ...known.map((name) => scoreNames[name])];
  return tableOf("Mean attention weight of each head, by what it falls on", titles, rows);
}

/** The weights of the head shown, as numbers: all of them, or each query's strongest keys. */
export function weightTable(tokens: readonly string[], map: HeadMap): HTMLElement {
  const { cells, values } = map;
  const labels = Array.from({ length: cells }, (_, i) => cellLabel(tokens, i, cells));
  const row = (query: number) => Array.from(values.subarray(query * cells, (query + 1) * cells));
  const name = `Weights of layer ${map.layer} head ${map.head}${map.exact ? "" : " (maximum over pooled tokens)"}`;
  if (cells <= squareTokens)
    return tableOf(
      `${name}; rows are queries, columns are keys`,
      ["query", ...labels],
      labels.map((label, query) => [label, ...row(query).map(printWeight)]),
    );
  const rows = labels.map((label, query) => {
    const weights = row(query);
    const order = weights.map((_, key) => key).sort((a, b) => weights[b]! - weights[a]!);
    const top = order
      .slice(0, strongestKeys)
      .map((key) => `${labels[key]} (${key}) ${printWeight(weights[key]!)}`);
    return [`${label} (${query})`, ...top];
  });
  const titles = ["query", ...Array.from({ length: strongestKeys }, (_, i) => `key ${i + 1}`)];
  return tableOf(`${name}; the ${strongestKeys} strongest keys of each query`, titles, rows);
}

/** Tokens as one readable line, for the summary of a figure. */
export const tokenLine = (tokens: readonly string[]) => tokens.map(tokenLabel).join(" ");

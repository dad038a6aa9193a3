import * as z from "zod/mini";
import { headPlace, type AttentionPayload } from "./attention.js";
import { metricColumns, metricTests, type MetricRow, type MetricsPayload } from "./metrics.js";
import { block, checked, count, expectShape, number, provenance, scale, size } from "./schema.js";
import type { PanelReply } from "./status.js";

const attention = z.object({
  // A canvas has at most 16384 pixels a side, and a map at least one pixel a token.
  tokens: z.array(z.string()).check(z.minLength(1), z.maxLength(16384)),
  row: z.object({ index: count, of: size }),
  layers: z.array(count).check(z.minLength(1), z.maxLength(4096)),
  heads: size.check(z.maximum(4096)),
  headNumbers: z.optional(z.array(count)),
  causal: z.boolean(),
  overview: z.object({ from: size, reducer: z.enum(["max", "none"]), block }),
  full: z.array(z.object({ layer: count, head: count, block })),
  truncated: z.nullable(z.object({ kept: count, of: count, reason: z.string() })),
  scores: z.object({
    previous: z.array(number),
    first: z.array(number),
    self: z.array(number),
    induction: z.nullable(z.array(number)),
  }),
  view: z.object({ layer: count, head: count, scale }),
  provenance,
});

const text = z.string();
const maybe = z.nullable(number);

const metricCells = {
  dataset: text,
  sha: text,
  model: text,
  prompt: text,
  seed: maybe,
  category: text,
  group: text,
  metric: text,
  variant: text,
  n: count,
  templates: maybe,
  seeds: maybe,
  estimate: maybe,
  low: maybe,
  high: maybe,
  method: text,
  effect: maybe,
  test: z.enum(metricTests),
  draws: maybe,
  p: maybe,
  adjusted: maybe,
  correction: text,
};

/** Rows of notebooks that were saved before there were effects, tests and corrections of their own have none. */
const metricRow = z.object({
  ...metricCells,
  effect: z._default(maybe, null),
  test: z._default(metricCells.test, ""),
  draws: z._default(maybe, null),
  correction: z._default(text, ""),
});

const metrics = z.object({
  title: text,
  columns: z.array(z.enum(metricColumns)),
  constant: z.partial(z.object(metricCells)),
  rows: z.array(metricRow),
  notes: z.array(text),
});

const rank = z.object({
  rank: count,
  device: z.string(),
  stage: count,
  dataRank: count,
  tensorRank: count,
  layers: z.object({ from: z.int(), to: z.int() }),
  pid: z.optional(z.nullable(z.int())),
  state: z.enum(["starting", "ready", "busy", "lost"]),
  memory: number,
});

const session = z.object({
  name: z.string(),
  model: z.string(),
  fingerprint: z.string(),
  mesh: z.string(),
  pid: z.int(),
  clients: count,
  openedAt: z.string(),
  state: z.enum(["loading", "ready", "busy", "failed", "silent"]),
  ranks: z.array(rank),
  quantise: z.optional(z.string()),
  weightBytes: number,
  residentBytes: number,
});

const panelReply = z.discriminatedUnion("op", [
  z.object({ op: z.literal("status"), sessions: z.array(session) }),
  z.object({ op: z.literal("error"), message: z.string() }),
]);

/** A payload of `application/vnd.vitrail.attention.v1+json`, checked throughout; throws one line that says where it is wrong. */
export function parseAttention(value: unknown): AttentionPayload {
  const payload: AttentionPayload = checked("attention payload", attention, value);
  const { tokens, layers, heads, overview, full, view, scores } = payload;
  const p = overview.block.shape[2] ?? 0;
  expectShape("overview", overview.block.shape, [layers.length, heads, p, p]);
  if (overview.from !== tokens.length || p > tokens.length)
    throw new RangeError(
      `overview pools ${overview.from} tokens into ${p}, the payload has ${tokens.length}`,
    );
  if (payload.headNumbers !== undefined && payload.headNumbers.length !== heads)
    throw new RangeError(`headNumbers has ${payload.headNumbers.length} entries, the payload ${heads} heads`);
  const isHead = (number: number) => {
    const place = headPlace(payload, number);
    return place >= 0 && place < heads;
  };
  for (const map of full) {
    const known = layers.includes(map.layer) && isHead(map.head);
    if (!known)
      throw new RangeError(`full map of layer ${map.layer} head ${map.head}: the payload has no such head`);
    expectShape(`full map of layer ${map.layer} head ${map.head}`, map.block.shape, [
      tokens.length,
      tokens.length,
    ]);
  }
  if (!layers.includes(view.layer) || !isHead(view.head))
    throw new RangeError(`view of layer ${view.layer} head ${view.head}: the payload has no such head`);
  for (const [name, list] of Object.entries(scores))
    if (list !== null && list.length !== layers.length * heads)
      throw new RangeError(
        `scores.${name} has ${list.length} entries, the payload ${layers.length * heads} heads`,
      );
  return payload;
}

/** A payload of `application/vnd.vitrail.metrics.v1+json`; throws one line that says where it is wrong. */
export function parseMetrics(value: unknown): MetricsPayload {
  const { constant, ...payload } = checked("metrics payload", metrics, value);
  return { ...payload, constant: constant as Partial<MetricRow> };
}

/** What the kernel sends over the session comm; throws one line that says where it is wrong. */
export function parsePanelReply(value: unknown): PanelReply {
  return checked("session status", panelReply, value);
}

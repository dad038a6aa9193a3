import type { Budget } from "../budget.js";
import { checkBudget, jsonBytes } from "../budget.js";
import { encodeBlock } from "../encode.js";
import type { AttentionPayload } from "../payload/attention.js";
import { maxPool } from "../payload/pool.js";
import type { Provenance } from "../payload/provenance.js";
import type { Scale } from "../payload/scale.js";
import type { Patterns } from "./patterns.js";
import { strongest, summarise } from "./scores.js";

export interface AttentionOptions {
  /** Layer id and head shown first. Default: the strongest induction head, or previous-token head. */
  readonly layer?: number;
  readonly head?: number;
  /** Row of the batch. Default 0. */
  readonly row?: number;
  /** How weights become colours. Default linear. */
  readonly scale?: Scale["kind"];
  /** Default 1 MB soft, 4 MB hard. */
  readonly budget?: Partial<Budget>;
}

/** The overview's maps are at most this many cells a side: more cannot be seen side by side. */
const overviewCells = 64;

function chooseView(
  options: AttentionOptions,
  { layers, heads, headNumbers }: Patterns,
  strength: readonly number[],
) {
  const { layer, head } = options;
  if (layer !== undefined && !layers.includes(layer))
    throw new RangeError(`layer ${layer} was not captured: there are layers ${layers.join(", ")}`);
  if (head !== undefined && !headNumbers.includes(head))
    throw new RangeError(`no head ${head}: heads are ${printHeads(headNumbers)}`);
  const best = strongest(strength).find(
    (index) =>
      (layer ?? layers[Math.floor(index / heads)]) === layers[Math.floor(index / heads)] &&
      (head ?? headNumbers[index % heads]) === headNumbers[index % heads],
  )!;
  return { layer: layers[Math.floor(best / heads)]!, head: headNumbers[best % heads]! };
}

/** `0 to 7`, or the numbers of some. */
function printHeads(numbers: readonly number[]): string {
  return isEvery(numbers) ? `0 to ${numbers.length - 1}` : numbers.join(", ");
}

/** Whether heads are counted from 0 on. */
function isEvery(numbers: readonly number[]): boolean {
  return numbers.every((number, i) => number === i);
}

/** Ends of a colour scale that hold all weights; ordinary patterns get 0 to 1. */
function viewScale(kind: Scale["kind"], lo: number, hi: number): Scale {
  const top = Math.max(1, hi);
  if (kind === "log") return { kind, lo: top / 1e4, hi: top };
  return { kind, lo: Math.min(0, lo), hi: top };
}

function overviewOf(patterns: Patterns, cells: number, scale: Scale): AttentionPayload["overview"] {
  const { tokens, layers, heads, map } = patterns;
  const all = new Float32Array(layers.length * heads * cells * cells);
  layers.forEach((layer, l) => {
    for (let head = 0; head < heads; head++)
      all.set(maxPool(map(layer, head), tokens.length, cells), (l * heads + head) * cells * cells);
  });
  return {
    from: tokens.length,
    reducer: cells === tokens.length ? "none" : "max",
    block: encodeBlock(all, [layers.length, heads, cells, cells], "u8", scale),
  };
}

/**
 * The payload of one row's patterns, within the budget: first the pooled overview of all heads, then the head
 * shown first, then whole heads by strength. What did not fit is said in `truncated`.
 * Throws when even the overview exceeds the hard budget.
 */
export function buildPayload(
  patterns: Patterns,
  provenance: Provenance,
  options: AttentionOptions,
): AttentionPayload {
  const budget = checkBudget(options.budget);
  const { tokens, row, layers, heads, headNumbers } = patterns;
  const { scores, causal, lo, hi } = summarise(patterns);
  const strength = scores.previous.map((score, i) => Math.max(score, scores.induction?.[i] ?? 0));
  const view = chooseView(options, patterns, scores.induction ?? scores.previous);
  const scale = viewScale(options.scale ?? "linear", lo, hi);

  // The overview keeps small weights too, whatever scale is shown first: a linear u8 would make 0 of all below 1/510.
  const kept = viewScale("asinh", lo, hi);
  let cells = Math.min(tokens.length, overviewCells);
  let overview = overviewOf(patterns, cells, kept);
  while (cells > 4 && jsonBytes(overview) > budget.soft / 2) {
    cells = Math.max(4, Math.floor(cells * 0.75));
    overview = overviewOf(patterns, cells, kept);
  }

  const named = isEvery(headNumbers) ? {} : { headNumbers };
  const payload = { tokens, row, layers, heads, ...named, causal, overview, full: [], truncated: null };
  const rest = { scores, view: { ...view, scale }, provenance };
  // Room for the one line that says what was left out.
  let bytes = jsonBytes({ ...payload, ...rest }) + 250;
  if (bytes > budget.hard)
    throw new RangeError(
      `attention of ${layers.length} × ${heads} heads over ${tokens.length} tokens needs ${bytes} bytes for its overview alone, ` +
        `the hard budget is ${budget.hard}: capture fewer layers or raise budget.hard`,
    );
  const shown = layers.indexOf(view.layer) * heads + headNumbers.indexOf(view.head);
  const order = [shown, ...strongest(strength).filter((index) => index !== shown)];
  const full: AttentionPayload["full"][number][] = [];
  let reason: string | undefined;
  for (const index of order) {
    const layer = layers[Math.floor(index / heads)]!;
    const head = headNumbers[index % heads]!;
    const block = encodeBlock(
      patterns.map(layer, index % heads),
      [tokens.length, tokens.length],
      "f16",
      scale,
    );
    const map = { layer, head, block };
    const size = jsonBytes(map) + 1;
    const limit = index === shown ? budget.hard : budget.soft;
    if (bytes + size > limit) {
      reason = `the next head needs ${size} bytes, ${Math.max(0, Math.floor(limit - bytes))} of the budget of ${limit} were left`;
      break;
    }
    bytes += size;
    full.push(map);
  }
  full.sort((a, b) => a.layer - b.layer || a.head - b.head);
  const of = layers.length * heads;
  return {
    ...payload,
    full,
    truncated: reason === undefined ? null : { kept: full.length, of, reason },
    ...rest,
  };
}

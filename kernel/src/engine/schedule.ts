import type { Segment, Stage } from "../models/stage.js";
import type { PointRequest } from "./wire/requests.js";

/** One segment of a step: what to ask of it, and what may be forgotten after it. */
export interface Turn {
  /** Index of the segment in its stage. */
  readonly index: number;
  readonly segment: Segment;
  readonly fetches: readonly string[];
  /** What must happen to one of its values: a sum that nobody reads is not made, and what is handed out always is. */
  readonly exchange: Segment["exchange"];
  readonly requests: readonly PointRequest[];
  /** Values that nobody reads any more once this segment has run. */
  readonly frees: readonly string[];
}

/**
 * The segments that a step runs: those that were asked for something, that make what other stages wait for (`hands`, by
 * the names it has there), that hand something out or, where keys and values are kept, make those; and those that these
 * read. Equal on every rank of a stage.
 */
export function schedule(
  stage: Stage,
  requests: readonly PointRequest[],
  hands: readonly string[],
  isKept: boolean,
): Turn[] {
  const wanted = stage.segments.map((segment) => requests.filter(({ point }) => segment.points.has(point)));
  const cached = isKept ? stage.caches.flatMap(({ present }) => [present.keys, present.values]) : [];
  const handed = stage.outputs.filter(({ as }) => hands.includes(as)).map(({ name }) => name);
  const kept = [...cached, ...handed];
  const lastReader = new Map<string, number>(kept.map((name) => [name, Infinity]));
  const needed: number[] = [];
  for (const [index, { inputs, outputs, exchange }] of [...stage.segments.entries()].reverse()) {
    const isNeeded =
      (wanted[index] ?? []).length > 0 ||
      exchange?.kind === "handOut" ||
      outputs.some((name) => lastReader.has(name));
    if (!isNeeded) continue;
    needed.unshift(index);
    for (const name of inputs) lastReader.set(name, Math.max(lastReader.get(name) ?? -1, index));
  }

  return needed.map((index) => {
    const segment = stage.segments[index] as Segment;
    const read = segment.outputs.filter((name) => (lastReader.get(name) ?? -1) > index);
    const asked = wanted[index] ?? [];
    const points = asked
      .map(({ point }) => segment.points.get(point) as string)
      .filter((name) => !segment.inputs.includes(name));
    const { exchange } = segment;
    const isDue = exchange?.kind === "handOut" || (exchange !== undefined && read.includes(exchange.value));
    return {
      index,
      segment,
      fetches: [...new Set([...read, ...points, ...(isDue ? [exchange.value] : [])])],
      exchange: isDue ? exchange : undefined,
      requests: asked,
      frees: [...lastReader].filter(([, reader]) => reader === index).map(([name]) => name),
    };
  });
}

import type { Segment, Stage } from "../models/stage.js";
import type { PointRequest } from "./wire/messages.js";

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
 * The segments that a step runs: all of them when the next stage waits for what this one carries, else none beyond
 * the last that was asked for something, hands something out or, in a stage with a cache, adds to it. Equal on every
 * rank of a stage.
 */
export function schedule(stage: Stage, requests: readonly PointRequest[], carries: boolean): Turn[] {
  const wanted = stage.segments.map((segment) => requests.filter(({ point }) => segment.points.has(point)));
  const cached = stage.caches.flatMap(({ present }) => [present.keys, present.values]);
  const last = carries
    ? stage.segments.length - 1
    : stage.segments.findLastIndex(
        ({ outputs, exchange }, index) =>
          (wanted[index] ?? []).length > 0 ||
          exchange?.kind === "handOut" ||
          cached.some((name) => outputs.includes(name)),
      );
  const kept = [...cached, ...(carries ? stage.outputs.map(({ name }) => name) : [])];
  const lastReader = new Map<string, number>();
  stage.segments.slice(0, last + 1).forEach(({ inputs }, index) => {
    for (const name of inputs) lastReader.set(name, index);
  });
  for (const name of kept) lastReader.set(name, Infinity);

  return stage.segments.slice(0, last + 1).map((segment, index) => {
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

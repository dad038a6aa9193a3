import type { Selector } from "./names.js";

/** Keep a hook point's value. Plain data. */
export interface Capture {
  readonly kind: "capture";
  readonly selector: string;
}

/**
 * Keep the value of every hook point that the selector chooses, whole whatever the sharding:
 * `capture("layers.*.attention.pattern[head=3, query=-1]")`. See `select` for the grammar.
 */
export function capture(selector: Selector): Capture {
  return { kind: "capture", selector };
}

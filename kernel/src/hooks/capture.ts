import type { Selector } from "./names.js";

/** Keep a hook point's value. Plain data. */
export interface Capture {
  readonly kind: "capture";
  readonly selector: string;
  /** Whether edits at the point have acted already; default after. */
  readonly when?: "before" | "after";
}

/**
 * Keep the value of every hook point that the selector chooses, whole whatever the sharding:
 * `capture("layers.*.attention.pattern[head=3, query=-1]")`. See `select` for the grammar. Where the same run edits
 * the point, the value is the one that goes on, after all edits, unless `when` is `before`.
 */
export function capture(selector: Selector, options: { when?: "before" | "after" } = {}): Capture {
  return { kind: "capture", selector, ...options };
}

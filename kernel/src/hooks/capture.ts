import type { Selector } from "./names.js";
import { printed } from "./printHook.js";
import type { Steps } from "./steps.js";

/** Keep a hook point's value. Plain data. */
export interface Capture {
  readonly kind: "capture";
  readonly selector: string;
  /** Whether edits at the point have acted already; default after. */
  readonly when?: "before" | "after";
  /** Steps of a generation whose value is kept, the prompt being step 0; default all. */
  readonly steps?: readonly Steps[];
}

/**
 * Keep the value of every hook point that the selector chooses, whole whatever the sharding:
 * `capture("layers.*.attention.pattern[head=3, query=-1]")`. See `select` for the grammar. Where the same run edits
 * the point, the value is the one that goes on, after all edits, unless `when` is `before`. In a generation each step
 * has its own, or the `steps` given: `{ steps: [0] }` keeps the prompt's.
 */
export function capture(
  selector: Selector,
  options: { when?: "before" | "after"; steps?: readonly Steps[] } = {},
): Capture {
  return printed({ kind: "capture", selector, ...options });
}

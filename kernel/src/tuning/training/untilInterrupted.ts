import type { Progress } from "../../display/progress.js";
import { CancelledError } from "../../session/cancelled.js";

/**
 * Works until it is done or interrupted, and tells which. What has been found before an interrupt is worth keeping, and what
 * keeps a place to go on from; where nothing has, it is an interrupt like any other and thrown.
 */
export async function untilInterrupted(
  bar: Progress | undefined,
  hasFound: () => boolean,
  work: () => Promise<void>,
): Promise<"done" | "interrupted"> {
  try {
    await work();
    return "done";
  } catch (error) {
    if (!(error instanceof CancelledError) || !hasFound()) throw error;
    return "interrupted";
  } finally {
    bar?.finish();
  }
}
